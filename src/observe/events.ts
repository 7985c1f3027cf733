/** Names for the events of `core/events.ts`, and one event as a line for people; the numbers and their meaning are owned by core. */

import {
  BitTorrentEvent,
  BroadcastEvent,
  CanEvent,
  ChordEvent,
  CLOSE_REASONS,
  Gnutella2Event,
  GnutellaEvent,
  HostEvent,
  IntroducerEvent,
  KademliaEvent,
  KelipsEvent,
  NapsterEvent,
  PastryEvent,
  RpcEvent,
  RumourEvent,
  SwimEvent,
  TapestryEvent,
  TrackerEvent,
} from '../core/events.ts';

/** How one argument is shown: a plain number under that label, or the word at that index. */
type Argument = string | { readonly label: string; readonly words: readonly string[] };

interface EventForm {
  readonly name: string;
  readonly args: readonly Argument[];
}

const REASON: Argument = { label: 'reason', words: CLOSE_REASONS };
const SIDE: Argument = { label: 'opened', words: ['here', 'there'] };

/** What a, b and c are, for the events where they are anything. */
const HOST_ARGS: Readonly<Record<keyof typeof HostEvent, readonly Argument[]>> = {
  datagramMalformed: ['peer', 'bytes'],
  datagramDropped: ['peer', 'bytes', { label: 'cause', words: ['?', 'too large', 'refused by the network', 'nobody bound'] }],
  streamOpened: ['peer', SIDE],
  streamClosed: ['peer', REASON, SIDE],
  streamMalformed: ['peer'],
  streamRefused: ['peer'],
  store: [{ label: 'state', words: ['?', 'opened', 'failed', 'behind', 'drained', 'closed'] }],
};

const RPC_ARGS: Readonly<Record<keyof typeof RpcEvent, readonly Argument[]>> = {
  replyUnexpected: ['peer', 'transaction'],
  slow: ['peer', 'transaction'],
  timeout: ['peer', 'transaction'],
  lookupDone: ['hops', 'asked', { label: 'outcome', words: ['failed', 'found'] }],
  pendingFull: ['pending'],
};

const BITTORRENT_ARGS: Readonly<Record<keyof typeof BitTorrentEvent, readonly Argument[]>> = {
  unchoke: ['slot', { label: 'kind', words: ['regular', 'optimistic'] }],
  choke: ['slot'],
  unchoked: ['slot'],
  choked: ['slot'],
  request: ['slot', 'piece', 'block'],
  block: ['slot', 'piece', 'block'],
  blockWasted: ['slot', 'piece', 'block'],
  requestLost: ['slot', 'piece', 'block'],
  pieceVerified: ['piece'],
  pieceFailed: ['piece'],
  snubbed: ['slot'],
  peerBanned: ['slot'],
  peerJoined: ['slot', SIDE],
  peerLeft: ['slot', REASON],
  peerMisbehaved: ['slot'],
  completed: ['pieces'],
  endgame: ['missing'],
  metadataDone: ['bytes'],
  metadataFailed: ['slot'],
  announced: ['tier', 'peers', 'interval'],
  announceFailed: ['tier'],
  storeFailed: ['pieces'],
  peersExchanged: ['slot', 'told', 'kept'],
  introduction: ['slot', { label: 'step', words: ['asked', 'relayed', 'followed'] }],
  heardLocally: ['torrents'],
};

const TRACKER_ARGS: Readonly<Record<keyof typeof TrackerEvent, readonly Argument[]>> = {
  announce: ['peers', 'given', { label: 'event', words: ['none', 'completed', 'started', 'stopped'] }],
  scrape: ['torrents'],
  rejected: [{ label: 'cause', words: ['?', 'connection id', 'format', 'not listed', 'rate'] }],
  expired: ['dropped', 'peers', 'torrents'],
  introduced: ['offers', 'peers'],
};

const INTRODUCER_ARGS: Readonly<Record<keyof typeof IntroducerEvent, readonly Argument[]>> = {
  admitted: ['network', 'members'],
  refused: ['refused'],
};

const CHORD_ARGS: Readonly<Record<keyof typeof ChordEvent, readonly Argument[]>> = {
  joined: ['unit', 'successors'],
  successor: ['unit', 'successors'],
  orphaned: ['unit'],
  lookup: ['hops', 'timeouts', { label: 'outcome', words: ['failed', 'found'] }],
};

const PASTRY_ARGS: Readonly<Record<keyof typeof PastryEvent, readonly Argument[]>> = {
  joined: ['leaves', 'rows'],
  lookup: ['hops', 'timeouts', { label: 'outcome', words: ['failed', 'found'] }],
};

const TAPESTRY_ARGS: Readonly<Record<keyof typeof TapestryEvent, readonly Argument[]>> = {
  joined: ['links', 'levels'],
  lookup: ['hops', 'timeouts', { label: 'outcome', words: ['failed', 'found'] }],
  reached: ['level', 'session'],
  inserted: ['nodes', { label: 'outcome', words: ['incomplete', 'complete'] }],
};

const KELIPS_ARGS: Readonly<Record<keyof typeof KelipsEvent, readonly Argument[]>> = {
  joined: ['members', 'contacts'],
  lookup: ['hops', 'timeouts', { label: 'outcome', words: ['failed', 'found'] }],
};

const CAN_ARGS: Readonly<Record<keyof typeof CanEvent, readonly Argument[]>> = {
  joined: ['reality', 'depth', 'neighbours'],
  lookup: ['hops', 'timeouts', { label: 'outcome', words: ['failed', 'found'] }],
  takenOver: ['reality', 'zones', 'depth'],
  reassigned: ['reality', 'hops', 'depth'],
};

const RUMOUR_ARGS: Readonly<Record<keyof typeof RumourEvent, readonly Argument[]>> = {
  heard: ['round', { label: 'kind', words: ['value', 'removal'] }],
};

const SWIM_ARGS: Readonly<Record<keyof typeof SwimEvent, readonly Argument[]>> = {
  state: [{ label: 'state', words: ['alive', 'suspect', 'dead'] }, 'members'],
};

const BROADCAST_ARGS: Readonly<Record<keyof typeof BroadcastEvent, readonly Argument[]>> = {
  delivered: ['hops', 'bytes'],
  neighbour: [{ label: 'link', words: ['down', 'up'] }, 'neighbours'],
};

const KADEMLIA_ARGS: Readonly<Record<keyof typeof KademliaEvent, readonly Argument[]>> = {
  joined: ['family', 'contacts', 'buckets'],
  renamed: ['port'],
  announced: ['infoHashes', 'peers', { label: 'kind', words: ['leecher', 'seed'] }],
  stored: ['items', 'bytes', { label: 'kind', words: ['immutable', 'mutable'] }],
  rejected: [{ label: 'why', words: ['', 'flood', 'token', 'arguments', 'no-room'] }, 'code'],
  peersFound: ['peers', 'stored', 'questions'],
};

const NAPSTER_ARGS: Readonly<Record<keyof typeof NapsterEvent, readonly Argument[]>> = {
  userCame: ['users', 'files'],
  userGone: ['users', 'files'],
  searched: ['found', 'servers'],
  linked: ['links', 'users'],
  linkLost: ['links', 'users'],
  online: ['servers'],
  offline: ['servers', 'failures'],
  dropped: ['type'],
  met: [{ label: 'how', words: ['?', 'at an address', 'came', 'busy', 'not'] }],
  uploadBegan: ['uploads', 'bytes'],
  uploadOver: ['uploads', 'bytes', { label: 'end', words: ['cut', 'whole'] }],
};

const GNUTELLA2_ARGS: Readonly<Record<keyof typeof Gnutella2Event, readonly Argument[]>> = {
  neighbour: [{ label: 'link', words: ['down', 'up'] }, { label: 'kind', words: ['leaf', 'hub'] }, 'neighbours'],
  role: [{ label: 'role', words: ['leaf', 'hub'] }, 'neighbours'],
  searched: ['hits', 'hubs', 'packets'],
};

const GNUTELLA_ARGS: Readonly<Record<keyof typeof GnutellaEvent, readonly Argument[]>> = {
  neighbour: [{ label: 'link', words: ['down', 'up'] }, 'number', 'neighbours'],
  role: [{ label: 'role', words: ['leaf', 'ultrapeer'] }, 'neighbours'],
  searched: ['hits', 'ms'],
};

const FORMS = new Map<number, EventForm>();
learn('host', HostEvent, HOST_ARGS);
learn('rpc', RpcEvent, RPC_ARGS);
learn('bittorrent', BitTorrentEvent, BITTORRENT_ARGS);
learn('tracker', TrackerEvent, TRACKER_ARGS);
learn('introducer', IntroducerEvent, INTRODUCER_ARGS);
learn('chord', ChordEvent, CHORD_ARGS);
learn('pastry', PastryEvent, PASTRY_ARGS);
learn('tapestry', TapestryEvent, TAPESTRY_ARGS);
learn('kelips', KelipsEvent, KELIPS_ARGS);
learn('can', CanEvent, CAN_ARGS);
learn('rumours', RumourEvent, RUMOUR_ARGS);
learn('swim', SwimEvent, SWIM_ARGS);
learn('broadcast', BroadcastEvent, BROADCAST_ARGS);
learn('kademlia', KademliaEvent, KADEMLIA_ARGS);
learn('napster', NapsterEvent, NAPSTER_ARGS);
learn('gnutella2', Gnutella2Event, GNUTELLA2_ARGS);
learn('gnutella', GnutellaEvent, GNUTELLA_ARGS);

/** `bittorrent.pieceVerified`; an unknown number is `event 999`. */
export function eventName(event: number): string {
  return FORMS.get(event)?.name ?? `event ${event}`;
}

/** One line: `bittorrent.request slot=3 piece=17 block=0`. Arguments without a meaning are left out. */
export function formatEvent(event: number, a: number, b: number, c: number): string {
  const form = FORMS.get(event);
  if (form === undefined) return `event ${event} a=${a} b=${b} c=${c}`;
  const values = [a, b, c];
  return [form.name, ...form.args.map((arg, index) => formatArgument(arg, values[index] as number))].join(' ');
}

/** Every number of the catalogue, ascending. */
export function knownEvents(): number[] {
  return [...FORMS.keys()].sort((left, right) => left - right);
}

function formatArgument(arg: Argument, value: number): string {
  if (typeof arg === 'string') return `${arg}=${value}`;
  return `${arg.label}=${arg.words[value] ?? value}`;
}

function learn<Name extends string>(
  system: string,
  numbers: Readonly<Record<Name, number>>,
  args: Readonly<Record<Name, readonly Argument[]>>,
): void {
  for (const name of Object.keys(numbers) as Name[]) {
    if (FORMS.has(numbers[name])) throw new Error(`${system}.${name}: number ${numbers[name]} is ${eventName(numbers[name])} already`);
    FORMS.set(numbers[name], { name: `${system}.${name}`, args: args[name] });
  }
}
