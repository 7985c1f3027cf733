/** The search networks there are, by name; each is loaded when it is used. Owns no state. */

import { closestWord } from '../../core/closest-word.ts';
import type { SearchNetworkName } from '../../wire/search-hit.ts';
import { Failure } from '../failure.ts';
import type { SettingKey } from '../settings/setting-list.ts';
import type { SearchNetworkMaker } from './search-network.ts';

export interface SearchNetworkEntry {
  readonly name: SearchNetworkName;
  /** Other names that people know it by. */
  readonly aliases: readonly string[];
  /** What it is, in one line for people. */
  readonly about: string;
  /** Which settings say where it listens, and whom it begins at. */
  readonly portSetting: SettingKey & `${string}.port`;
  readonly hostsSetting: SettingKey & `${string}.hosts`;
  /** `net=` of introducers (GWC). */
  readonly introducedAs: string;
  load(): Promise<SearchNetworkMaker>;
}

/** A network is a line here. */
export const SEARCH_NETWORKS: readonly SearchNetworkEntry[] = [
  {
    name: 'gnutella',
    aliases: ['g1'],
    about: 'Ultrapeers pass searches on to each other and to leaves that may have it; files go by HTTP.',
    portSetting: 'gnutella.port',
    hostsSetting: 'gnutella.hosts',
    introducedAs: 'gnutella',
    load: async () => (await import('../gnutella-network.ts')).openGnutellaNetwork,
  },
  {
    name: 'gnutella2',
    aliases: ['g2'],
    about: 'Who searches goes from hub to hub himself, until he has enough; files go by HTTP.',
    portSetting: 'gnutella2.port',
    hostsSetting: 'gnutella2.hosts',
    introducedAs: 'gnutella2',
    load: async () => (await import('../gnutella2-network.ts')).openGnutella2Network,
  },
  {
    name: 'fasttrack',
    aliases: ['kazaa'],
    about: 'Supernodes, chosen among all, know what the others share.',
    portSetting: 'fasttrack.port',
    hostsSetting: 'fasttrack.hosts',
    introducedAs: 'fasttrack',
    load: async () => (await import('../fasttrack-network.ts')).openFastTrackNetwork,
  },
  {
    name: 'napster',
    aliases: ['opennap'],
    about: 'An index server knows who shares what; files go from user to user.',
    portSetting: 'napster.port',
    hostsSetting: 'napster.hosts',
    introducedAs: 'napster',
    load: async () => (await import('../napster-network.ts')).openNapsterNetwork,
  },
];

/** Those that a list such as `--in gnutella,g2` names, in the order of `SEARCH_NETWORKS`; `all` is all, '' none. Throws a usage Failure for a name that is none. */
export function searchNetworksOf(list: string, among: readonly SearchNetworkEntry[] = SEARCH_NETWORKS): SearchNetworkEntry[] {
  const words = list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  if (words.includes('all')) return [...among];
  const chosen = new Set(words.map((word) => networkOf(word, among)));
  return among.filter((entry) => chosen.has(entry));
}

function networkOf(word: string, among: readonly SearchNetworkEntry[]): SearchNetworkEntry {
  const entry = among.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (entry !== undefined) return entry;
  const names = among.map(({ name }) => name);
  const meant = closestWord(word, names);
  const why = meant === null ? '' : `Did you mean ${meant}?`;
  throw new Failure('usage', `There is no search network called ${word}.`, why, `They are: ${names.join(', ')}`);
}
