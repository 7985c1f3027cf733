/** Networks as their papers and programs write them, by the names that kith has for them. Owns no state. */

const TITLES: Readonly<Record<string, string>> = {
  napster: 'Napster',
  gnutella: 'Gnutella',
  gnutella2: 'Gnutella2',
  fasttrack: 'FastTrack',
  chord: 'Chord',
  mainline: 'Mainline DHT',
  pastry: 'Pastry',
  tapestry: 'Tapestry',
  kelips: 'Kelips',
  can: 'CAN',
};

export function networkTitle(name: string): string {
  return TITLES[name] ?? name;
}

/** What the laboratory calls the protocol, and what it is called where nodes run. */
export function overlayOfSystem(system: string): string {
  return system === 'kademlia' ? 'mainline' : system;
}
