/** Options that several commands share, spelled once, and the parsers of their values; owns no state. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parsePieceBytes, parseSeconds } from '../node/quantity.ts';
import { isCacheUrl } from '../wire/cache-url.ts';
import { type DhtNode, parseDhtNode } from '../transfer/bittorrent/dht-node.ts';
import type { MetainfoVersion } from '../transfer/bittorrent/metainfo.ts';
import { FILE_PRIORITIES } from '../transfer/bittorrent/file-priority.ts';
import type { SettingFlags } from './cli.ts';

/** In the order in which help lists them. */
export const LISTEN_OPTIONS = {
  port: () => new Option('--port <port>', 'port for peers (setting listen.port)'),
  trackerPort: () => new Option('--tracker-port <port>', 'port of the own tracker (setting tracker.port)'),
  httpPort: () => new Option('--http-port <port>', 'port of the web server (setting http.port)'),
  listen: () => new Option('--listen <address>', 'address to listen on; the default lets only this machine in'),
  public: () => new Option('--public', 'let other machines in: listen on all addresses'),
  proxy: () => new Option('--proxy <url>', 'go through this proxy alone, like socks5://host:1080; "" for none (setting proxy)'),
  host: () => new Option('--host <address>', 'address that the link tells others to come to'),
  transport: () => new Option('--transport <kind>', 'how to reach peers: tcp, utp or both (setting transport)'),
  limitUp: () => new Option('--limit-up <rate>', 'upload limit, like 2MB or 500k a second'),
  limitDown: () => new Option('--limit-down <rate>', 'download limit, like 2MB or 500k a second'),
  encryption: () => new Option('--encryption <policy>', 'encrypted connections: off, allow, prefer or require'),
  lsd: () => new Option('--lsd', 'find peers in the local network, even if only this machine is let in (setting lsd)'),
  noLsd: () => new Option('--no-lsd', 'say and hear nothing in the local network'),
  portMapping: () => new Option('--port-mapping', 'have the router let the world in, and say when it does not (setting port-mapping)'),
  noPortMapping: () => new Option('--no-port-mapping', 'ask nothing of the router'),
  peers: () => new Option('--peers', 'show the peers, with their flags (see: kith help flags)'),
  dht: () => new Option('--dht <use>', 'find peers without a tracker: on, off or auto (setting dht.use)'),
  dhtNode: () => new Option('--dht-node <host:port>', 'a DHT node to begin with; may be repeated (setting dht.nodes)').argParser(collect),
  webRtc: () => new Option('--webrtc <use>', 'peers in browsers, over WebRTC: on, off or auto (setting webrtc.use)'),
} as const;

export interface ListenFlags {
  readonly port?: string;
  readonly trackerPort?: string;
  readonly httpPort?: string;
  readonly listen?: string;
  readonly public?: true;
  readonly host?: string;
  readonly transport?: string;
  readonly limitUp?: string;
  readonly limitDown?: string;
  readonly encryption?: string;
  readonly lsd?: boolean;
  readonly portMapping?: boolean;
  readonly proxy?: string;
  readonly dht?: string;
  readonly webrtc?: string;
  readonly dhtNode?: readonly string[];
  readonly apiPort?: string;
  readonly api?: boolean;
}

export function listenFlags(options: ListenFlags): SettingFlags {
  return [
    ['listen.host', options.public === true ? '--public' : '--listen', options.public === true ? '::' : options.listen],
    ['listen.port', '--port', options.port],
    ['tracker.port', '--tracker-port', options.trackerPort],
    ['http.port', '--http-port', options.httpPort],
    ['announce.host', '--host', options.host],
    ['transport', '--transport', options.transport],
    ['limit.up', '--limit-up', options.limitUp],
    ['limit.down', '--limit-down', options.limitDown],
    ['encryption', '--encryption', options.encryption],
    ['lsd', options.lsd === false ? '--no-lsd' : '--lsd', options.lsd === undefined ? undefined : options.lsd ? 'on' : 'off'],
    [
      'port-mapping',
      options.portMapping === false ? '--no-port-mapping' : '--port-mapping',
      options.portMapping === undefined ? undefined : options.portMapping ? 'on' : 'off',
    ],
    ['proxy', '--proxy', options.proxy],
    ['dht.use', '--dht', options.dht],
    ['webrtc.use', '--webrtc', options.webrtc],
    ['api.port', '--api-port', options.apiPort],
    ['api.use', '--no-api', options.api === false ? 'off' : undefined],
    ['dht.nodes', '--dht-node', options.dhtNode?.join(',')],
  ];
}

/** What is asked for is a matter of the session, so that the node that runs, which has its own, cannot do it. */
export function wantsOwnSession(options: ListenFlags): boolean {
  const { limitUp: _up, limitDown: _down, ...session } = options;
  return listenFlags(session).some(([, , value]) => value !== undefined);
}

/** Adds what every command has. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'machine-readable output on stdout')
    .option('-q, --quiet', 'say only warnings and errors')
    .option('--no-color', 'no colours')
    .helpOption('-h, --help', 'show help');
}

/** Adds what everything has that fetches. */
export function addFetchOptions(command: Command): Command {
  command
    .option('-o, --output <folder>', 'where to save (setting get.folder)')
    .option('--peer <ip:port>', 'a peer to ask; may be repeated', collect)
    .option('--tracker <url>', 'a tracker to ask; may be repeated', collectTrackers)
    .option('--web-seed <url>', 'a web server that has the files; may be repeated', collectWebSeeds)
    .option('--timeout <time>', 'give up after so long without progress, 0 never (setting get.timeout)')
    .option('--overwrite', 'replace files of the same name that are something else');
  return addListenOptions(command, ['trackerPort', 'httpPort', 'host']);
}

/** Adds who may come, how peers are found and reached, and how much may pass; `without` is what has no sense for the command. */
export function addListenOptions(command: Command, without: readonly (keyof typeof LISTEN_OPTIONS)[] = []): Command {
  for (const name of Object.keys(LISTEN_OPTIONS) as (keyof typeof LISTEN_OPTIONS)[]) {
    if (!without.includes(name)) command.addOption(LISTEN_OPTIONS[name]());
  }
  return command;
}

/** Opens the help of a command with what people do with it. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, meaning: string])[]): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  $ ${line.padEnd(width)}   ${meaning}`);
  command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`);
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** For options that name introducers. */
export function collectIntroducers(text: string, before: readonly string[] | undefined): readonly string[] {
  if (!isCacheUrl(text)) throw new InvalidArgumentError('Expected an address like http://example.org:8650/.');
  return collect(text, before);
}

export function pieceBytesOption(text: string): number {
  const bytes = parsePieceBytes(text);
  if (bytes === null) throw new InvalidArgumentError('Expected a power of two from 16KiB to 64MiB, like 256KiB or 1MiB.');
  return bytes;
}

export function versionOption(text: string): MetainfoVersion {
  if (text === '1' || text === '2') return text === '1' ? 1 : 2;
  if (text === 'hybrid') return text;
  throw new InvalidArgumentError('Expected 1, 2 or hybrid.');
}

/** A parser for an option that takes a time, which is not shorter than that. */
export function secondsOption(least = 0): (text: string) => number {
  return (text) => {
    const seconds = parseSeconds(text);
    if (seconds === null || seconds < least) {
      throw new InvalidArgumentError(`Expected a time like 30, 90s or 5m${least > 0 ? `, at least ${least} s` : ''}.`);
    }
    return seconds;
  };
}

/** A parser for an option that takes a ratio, which is not smaller than that; without it 0 is none. */
export function ratioOption(least: 0 | null = null): (text: string) => number {
  return (text) => {
    const ratio = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    if (ratio > 0 || ratio === least) return ratio;
    throw new InvalidArgumentError(`Expected a number${least === null ? ' above 0' : ''}, like 1 or 1.5.`);
  };
}

/** A parser for an option that takes a whole number in that range. */
export function wholeNumberOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** A version of a mutable item (BEP 44). */
export function versionNumberOption(text: string): bigint {
  const value = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value > 0x7fff_ffff_ffff_ffffn) throw new InvalidArgumentError('Expected a whole number from 0 to 2^63 - 1.');
  return value;
}

/** `1,3-5`: numbers from 1, as `--list` shows them; turned to indices from 0. Bounded, since a range is short to write and long to hold. */
export function fileNumbersOption(text: string): readonly number[] {
  const indices = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    const first = Number(match?.[1] ?? 0);
    const last = Number(match?.[2] ?? first);
    if (first < 1 || last < first || last - first > FILE_RANGE_MAX) throw new InvalidArgumentError('Expected numbers of files like 1,3-5.');
    for (let number = first; number <= last; number++) indices.add(number - 1);
  }
  return [...indices].sort((a, b) => a - b);
}

const FILE_RANGE_MAX = 100_000;

/** For `--file-priority`, which may be given several times: `3=high`, `1,4-6=skip`. By index from 0. */
export function collectFilePriorities(text: string, before: ReadonlyMap<number, number> | undefined): ReadonlyMap<number, number> {
  const match = /^([^=]+)=(skip|low|normal|high)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected numbers of files and skip, low, normal or high, like 3=high or 1,4-6=skip.');
  const priorities = new Map(before);
  // The pattern has let only these words through.
  const word = match[2] as keyof typeof FILE_PRIORITIES;
  for (const index of fileNumbersOption(match[1] as string)) priorities.set(index, FILE_PRIORITIES[word]);
  return priorities;
}

/** For `--tracker`, which may be given several times. */
export function collectTrackers(url: string, before: readonly string[] | false | undefined): readonly string[] {
  if (/^(https?|udp|wss?):\/\/[^\s/]+/i.test(url)) return collect(url, before === false ? undefined : before);
  throw new InvalidArgumentError('Expected an address like udp://host:6969, http://host/announce or wss://host.');
}

/** For `--dht-node` of what is written into a torrent, which may be given several times. */
export function collectDhtNodes(text: string, before: readonly DhtNode[] | undefined): readonly DhtNode[] {
  const node = parseDhtNode(text);
  if (node === null) throw new InvalidArgumentError('Expected an address like router.example:6881, 192.0.2.1:6881 or [2001:db8::1]:6881.');
  return [...(before ?? []), node];
}

/** For `--web-seed`, which may be given several times. */
export function collectWebSeeds(url: string, before: readonly string[] | undefined): readonly string[] {
  if (/^https?:\/\/[^\s/]+/i.test(url)) return collect(url, before);
  throw new InvalidArgumentError('Expected an address like https://host/folder/.');
}
