/** Every setting there is: its type, default and meaning; the only place that names them. Owns no state. */

import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseProxy, withoutPassword } from '../../net/proxy.ts';
import type { EncryptionPolicy } from '../../transfer/bittorrent/encryption-policy.ts';
import type { TransportChoice } from '../../transfer/bittorrent/index.ts';
import type { Folders } from '../folders.ts';
import { scheduleProblem } from './limit-schedule.ts';
import { areBadHashSources } from '../bad-hash-sources.ts';
import { parseBytes, parseSeconds } from '../quantity.ts';

export interface SettingType<T> {
  /** What may be shown of a value, or of what was given for one, where that is not all of it. */
  readonly shown?: (value: string) => string;
  /** What a value must be, ending the sentence "expected …". */
  readonly expected: string;
  /** The value of what a file, a variable or a flag said, or null when it is none. `folder` is what relative paths start from. */
  parse(raw: unknown, folder: string): T | null;
  /** What exactly is wrong with something that is none, "expected …", where that helps; else ''. */
  problem?(raw: unknown): string;
}

export interface Setting<T> {
  readonly type: SettingType<T>;
  readonly about: string;
  readonly initial: (folders: Folders) => T;
}

/** auto: wherever others than this machine are let in. */
export type LocalDiscoveryWish = 'auto' | 'on' | 'off';
const LOCAL_DISCOVERY_WISHES: readonly LocalDiscoveryWish[] = ['auto', 'on', 'off'];

/** auto: wherever others than this machine are let in. */
export type PortMappingWish = 'auto' | 'on' | 'off';
const PORT_MAPPING_WISHES: readonly PortMappingWish[] = ['auto', 'on', 'off'];

/** The web interface of `kith up`. */
export type ApiUse = 'on' | 'off';

/** auto: on when other machines are let in, or a node is named. */
export type DhtUse = 'on' | 'off' | 'auto';

/** auto: wherever others than this machine are let in, and node-datachannel is there. */
export type WebRtcUse = 'on' | 'off' | 'auto';

const ENCRYPTION_POLICIES: readonly EncryptionPolicy[] = ['off', 'allow', 'prefer', 'require'];

const port: SettingType<number> = {
  expected: 'a port from 0 to 65535 (0: any free one)',
  parse: (raw) => wholeNumber(raw, 0, 65535),
};
const count: SettingType<number> = {
  expected: 'a whole number from 1 to 100000',
  parse: (raw) => wholeNumber(raw, 1, 100_000),
};
const countOrAny: SettingType<number> = {
  expected: 'a whole number from 1 to 100000, or 0 for as many as there are',
  parse: (raw) => wholeNumber(raw, 0, 100_000),
};
const minutes: SettingType<number> = {
  expected: 'a whole number of minutes, or 0 for ever',
  parse: (raw) => wholeNumber(raw, 0, 10_000_000),
};
const ratio: SettingType<number> = {
  expected: 'a number like 1 or 1.5, or 0 for no end',
  parse: (raw) => {
    const value = typeof raw === 'string' && /^\d{1,4}(\.\d{1,3})?$/.test(raw) ? Number(raw) : raw;
    return typeof value === 'number' && value >= 0 && value < 10_000 ? value : null;
  },
};
const rate: SettingType<number> = {
  expected: 'bytes a second like "2MB" or "500k", or 0 for no limit',
  parse: (raw) =>
    typeof raw === 'number' ? wholeNumber(raw, 0, Number.MAX_SAFE_INTEGER) : typeof raw === 'string' ? parseBytes(raw) : null,
};
const schedule: SettingType<string> = {
  expected: 'times and limits like "mon-fri 08:00-18:00 up=200k down=1MB; sat,sun pause", or "" for none',
  parse: (raw) => (typeof raw === 'string' && scheduleProblem(raw) === '' ? raw : null),
  problem: (raw) => (typeof raw === 'string' ? scheduleProblem(raw) : ''),
};
const reserve: SettingType<number | 'off'> = {
  expected: 'bytes like "200MB" or "1GiB", 0, or "off"',
  parse: (raw, base) => (raw === 'off' ? raw : rate.parse(raw, base)),
};
const seconds: SettingType<number> = {
  expected: 'a time like 30, "90s" or "5m"',
  parse: (raw) => (typeof raw === 'number' && raw >= 0 ? raw : typeof raw === 'string' ? parseSeconds(raw) : null),
};
const address: SettingType<string> = {
  expected: 'an IP address like "127.0.0.1", "0.0.0.0" or "::"',
  parse: (raw) => (typeof raw === 'string' && isIP(raw) !== 0 ? raw : null),
};
const hostName: SettingType<string> = {
  expected: 'an IP address or a host name, or "" to choose by itself',
  parse: (raw) => (typeof raw === 'string' && /^(?:[\w.-]{1,253}|[0-9a-f:.]{2,45})?$/i.test(raw) ? raw : null),
};
const folder: SettingType<string> = {
  expected: 'the path of a folder',
  parse: (raw, base) => {
    if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) return null;
    return raw === '~' || raw.startsWith('~/') ? resolve(join(homedir(), raw.slice(1))) : resolve(base, raw);
  },
};
const folderOrNone: SettingType<string> = {
  expected: 'the path of a folder, or "" for none',
  parse: (raw, base) => (raw === '' ? raw : folder.parse(raw, base)),
};
const fileOrNone: SettingType<string> = { expected: 'the path of a file, or "" for none', parse: folderOrNone.parse };
const slots: SettingType<number | 'adaptive'> = {
  expected: 'a whole number from 1 to 1000, or "adaptive"',
  parse: (raw) => (raw === 'adaptive' ? raw : wholeNumber(raw, 1, 1000)),
};
const encryption: SettingType<EncryptionPolicy> = {
  expected: '"off", "allow", "prefer" or "require"',
  parse: (raw) => ENCRYPTION_POLICIES.find((policy) => policy === raw) ?? null,
};
const localDiscovery: SettingType<LocalDiscoveryWish> = {
  expected: '"auto", "on" or "off"',
  parse: (raw) => LOCAL_DISCOVERY_WISHES.find((wish) => wish === raw) ?? null,
};

const portMapping: SettingType<PortMappingWish> = {
  expected: '"auto", "on" or "off"',
  parse: (raw) => PORT_MAPPING_WISHES.find((wish) => wish === raw) ?? null,
};

const transport: SettingType<TransportChoice> = {
  expected: '"tcp", "utp" or "both"',
  parse: (raw) => (raw === 'tcp' || raw === 'utp' || raw === 'both' ? raw : null),
};

const dhtUse: SettingType<DhtUse> = {
  expected: '"on", "off" or "auto"',
  parse: (raw) => (raw === 'on' || raw === 'off' || raw === 'auto' ? raw : null),
};
const webRtcUse: SettingType<WebRtcUse> = {
  expected: '"on", "off" or "auto"',
  parse: (raw) => (raw === 'on' || raw === 'off' || raw === 'auto' ? raw : null),
};
const iceServers: SettingType<string> = {
  expected: 'STUN servers like "stun:stun.example.org:3478", separated by commas, or "" for none',
  parse: (raw) =>
    typeof raw === 'string' && raw.split(',').every((part) => raw === '' || /^stun:[\w.:[\]-]{1,255}$/i.test(part.trim())) ? raw : null,
};
const nick: SettingType<string> = {
  expected: 'up to 32 letters and digits, or "" for one by chance',
  parse: (raw) => (typeof raw === 'string' && /^[A-Za-z0-9_[\]{}\-@^$]{0,32}$/.test(raw) ? raw : null),
};
const addresses: SettingType<string> = {
  expected: 'addresses like "192.168.1.5:6881", separated by commas, or "" for none',
  parse: (raw) => (typeof raw === 'string' && raw.split(',').every((part) => raw === '' || /^\S+:\d{1,5}$/.test(part.trim())) ? raw : null),
};

const networkNames: SettingType<string> = {
  expected: 'names of search networks, separated by commas, "all", or "" for none',
  parse: (raw) => (typeof raw === 'string' && /^[a-z0-9, ]{0,255}$/i.test(raw) ? raw : null),
};
const introducers: SettingType<string> = {
  expected: 'http(s) addresses, separated by commas, or "" for none',
  parse: (raw) => (typeof raw === 'string' && raw.split(',').every((part) => raw === '' || isHttpUrl(part.trim())) ? raw : null),
};

const badLists: SettingType<string> = {
  expected: 'public keys of 64 hexadecimal digits, each as http://…#KEY or alone, separated by commas, or "" for none',
  parse: (raw) => (typeof raw === 'string' && areBadHashSources(raw) ? raw : null),
};

const apiUse: SettingType<ApiUse> = {
  expected: '"on" or "off"',
  parse: (raw) => (raw === 'on' || raw === 'off' ? raw : null),
};
const hostNames: SettingType<string> = {
  expected: 'host names like "nas.example.org", separated by commas, or "" for none',
  parse: (raw) =>
    typeof raw === 'string' && (raw === '' || raw.split(',').every((part) => /^[\w.-]{1,253}$/.test(part.trim()))) ? raw : null,
};
const folders: SettingType<string> = {
  expected: 'paths of folders, separated by commas, or "" for none',
  parse: (raw, base) => {
    if (typeof raw !== 'string') return null;
    const parsed = raw === '' ? [] : raw.split(',').map((part) => folder.parse(part.trim(), base));
    return parsed.includes(null) ? null : parsed.join(',');
  },
};

const proxy: SettingType<string> = {
  shown: withoutPassword,
  expected: 'a proxy like "socks5://user@host:1080" or "http://host:3128", or "" for none',
  parse: (raw) => (typeof raw === 'string' && (raw === '' || parseProxy(raw) !== null) ? raw : null),
};
const secret: SettingType<string> = {
  shown: (value) => (value === '' ? '' : '…'),
  expected: 'a text of at most 255 bytes',
  parse: (raw) => (typeof raw === 'string' && Buffer.byteLength(raw) <= 255 ? raw : null),
};

export const SETTINGS = {
  'listen.host': setting(address, 'The address to listen on. The default lets only this machine in.', () => '127.0.0.1'),
  'listen.port': setting(port, 'The port for peers; when it is taken, the next free one.', () => 6881),
  transport: setting(transport, 'How peers are reached: over TCP, over µTP (BEP 29), or both.', () => 'both' as const),
  'announce.host': setting(hostName, 'The address that links tell others to come to.', () => ''),
  'tracker.port': setting(port, 'The port of the own tracker; when it is taken, the next free one.', () => 6969),
  'http.port': setting(port, 'The port of the web server of `kith share --http`; when it is taken, the next free one.', () => 8080),
  'api.use': setting(apiUse, 'The web interface of `kith up`: on or off.', (): ApiUse => 'on'),
  'api.port': setting(port, 'The port of the web interface; when it is taken, the next free one.', () => 8640),
  'api.host': setting(address, 'The address of the web interface. The default lets only this machine in.', () => '127.0.0.1'),
  'api.names': setting(hostNames, 'By which names the web interface may be called, besides localhost and addresses.', () => ''),
  'api.folders': setting(
    folders,
    'Where callers of the web interface may have files put, besides node.folder and the get.*-folder ones.',
    () => '',
  ),
  'index.port': setting(port, 'The port of `kith index`; when it is taken, the next free one.', () => 8888),
  'networks.use': setting(
    networkNames,
    'Search networks that `kith up` takes part in, such as "gnutella,gnutella2", or "all"; "": none.',
    () => '',
  ),
  'networks.introducers': setting(
    introducers,
    'Introducers (GWebCaches) that are asked for members of networks where none are known, such as http://localhost:8080/.',
    () => '',
  ),
  'library.folders': setting(folders, 'What search networks may find and get here, with all that is below.', () => ''),
  'library.slots': setting(count, 'How many files each search network is sent at the same time.', () => 8),
  'gnutella.port': setting(port, 'The port for Gnutella; when it is taken, the next free one.', () => 6346),
  'gnutella.hosts': setting(addresses, 'Where Gnutella begins, besides members of the last run.', () => ''),
  'gnutella2.port': setting(port, 'The port for Gnutella2; when it is taken, the next free one.', () => 6348),
  'gnutella2.hosts': setting(addresses, 'Where Gnutella2 begins, besides members of the last run.', () => ''),
  'fasttrack.port': setting(port, 'The port for FastTrack; when it is taken, the next free one.', () => 1214),
  'fasttrack.hosts': setting(addresses, 'Where FastTrack begins, besides supernodes of the last run.', () => ''),
  'fasttrack.bad-list': setting(
    badLists,
    'Whose lists of bad files are honoured: URL#KEY, or KEY for lists that others pass on.',
    () => '',
  ),
  'napster.port': setting(port, 'The port for those who get files over Napster; when it is taken, the next free one.', () => 6699),
  'napster.hosts': setting(addresses, 'Index servers of Napster, the first that lets us in is taken.', () => ''),
  'napster.nick': setting(nick, 'How we are called there; "": by chance, and another time otherwise.', () => ''),
  'napster.password': setting(secret, 'For that nick. It goes over the line as it is: one that is used nowhere else.', () => ''),
  'index.links': setting(addresses, 'Servers that `kith index` is linked to, so that users of one find files of all.', () => ''),
  'index.secret': setting(secret, 'The word that linked index servers know. Not for the command line, which others can see.', () => ''),
  'introducer.port': setting(port, 'The port of `kith introducer`; when it is taken, the next free one.', () => 8650),
  'dht.port': setting(port, 'The UDP port of `kith dht join`; when it is taken, the next free one.', () => 4000),
  'dht.use': setting(
    dhtUse,
    'Find peers without a tracker, in the Mainline DHT: on, off, or auto (on with --public, or when dht.nodes names a node).',
    (): DhtUse => 'auto',
  ),
  'dht.nodes': setting(addresses, 'Where the Mainline DHT begins, besides the public routers that --public asks.', () => ''),
  encryption: setting(
    encryption,
    'Encrypted peer connections: off, allow, prefer (dial so first) or require.',
    (): EncryptionPolicy => 'allow',
  ),
  lsd: setting(
    localDiscovery,
    'Find peers in the local network: auto (where others than this machine are let in), on, off.',
    (): LocalDiscoveryWish => 'auto',
  ),
  'webrtc.use': setting(
    webRtcUse,
    'Peers in browsers, over WebRTC: on, off, or auto (on where others than this machine are let in).',
    (): WebRtcUse => 'auto',
  ),
  'webrtc.ice': setting(iceServers, 'STUN servers that tell how others see us, for WebRTC through NATs; none unless named.', () => ''),
  'port-mapping': setting(
    portMapping,
    'Ask the router to let the world in (PCP, NAT-PMP, UPnP): auto (where others than this machine are let in), on, off.',
    (): PortMappingWish => 'auto',
  ),
  proxy: setting(proxy, 'Everything goes through this SOCKS5 or HTTP proxy, and nothing around it; nobody can dial us then.', () => ''),
  'proxy-password': setting(secret, 'For the user in `proxy`. Not for the command line, which others can see.', () => ''),
  'limit.up': setting(rate, 'Upload limit of this program, bytes a second.', () => 0),
  'limit.down': setting(rate, 'Download limit of this program, bytes a second.', () => 0),
  'limit.schedule': setting(
    schedule,
    'Other limits by weekday and local time; of two entries for one time the first holds. pause: nothing moves.',
    () => '',
  ),
  'peers.filter': setting(
    fileOrNone,
    "A list of addresses to keep away from: ipfilter.dat, PeerGuardian's text, CIDR blocks, also .gz; read again when it changes.",
    () => '',
  ),
  'peers.max': setting(count, 'Connections at the same time, over all torrents.', () => 500),
  'peers.per-torrent': setting(count, 'Connections at the same time for one torrent.', () => 100),
  'upload.slots': setting(slots, 'How many peers are sent data at the same time.', () => 'adaptive' as const),
  'disk.reserve': setting(
    reserve,
    'Room that downloads leave on the disk: they pause rather than use it. 0 leaves none, but sees that all fits; off does not look.',
    (): number | 'off' => 200_000_000,
  ),
  'get.folder': setting(folder, 'Where `kith get` saves; the default is the folder you are in.', () => process.cwd()),
  'get.incomplete-folder': setting(folderOrNone, 'Where `kith get` keeps content until it is complete; "": where it saves it.', () => ''),
  'get.completed-folder': setting(folderOrNone, 'Where `kith get` moves what is complete, unless -o says where; "": it stays.', () => ''),
  'get.timeout': setting(seconds, 'How long `kith get` waits for any progress; 0 for ever.', () => 60),
  'node.folder': setting(folder, 'Where the running node saves what it is given without a folder.', (folders) =>
    join(folders.data, 'downloads'),
  ),
  'watch.folder': setting(folderOrNone, 'The running node adds what is dropped here as .torrent or .magnet; "": nowhere.', () => ''),
  'queue.downloads': setting(countOrAny, 'How many downloads the running node has at work at once; the others wait.', () => 5),
  'queue.seeds': setting(countOrAny, 'How many transfers it seeds at once, besides the share folder.', () => 0),
  'queue.stalled': setting(seconds, 'A download that has got nothing for so long keeps no other waiting; 0: it does.', () => 1800),
  'seed.ratio': setting(ratio, 'The running node seeds until it has sent so many times the size.', () => 0),
  'seed.minutes': setting(minutes, 'The running node seeds for so long.', () => 0),
  'drop.folder': setting(folder, 'Where files go that are dropped on the pages to be shared.', (folders) => join(folders.data, 'dropped')),
  'share.folder': setting(folder, 'The folder that `kith up` shares.', (folders) => join(folders.data, 'share')),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = ReturnType<(typeof SETTINGS)[K]['initial']>;

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** `listen.port` is `KITH_LISTEN_PORT`. */
export function variableOf(key: SettingKey): string {
  return `KITH_${key.toUpperCase().replace(/[.-]/g, '_')}`;
}

/** Why something is no value of that type, as a sentence. */
export function whyNot<T>(type: SettingType<T>, raw: unknown): string {
  const problem = type.problem?.(raw) ?? '';
  return problem === '' ? `Expected ${type.expected}.` : `E${problem.slice(1)}.`;
}

/** A value as people may see it. */
export function shownValue(key: SettingKey, value: unknown): string {
  const { shown } = SETTINGS[key].type as SettingType<unknown>;
  return shown === undefined ? String(value) : shown(String(value));
}

function setting<T>(type: SettingType<T>, about: string, initial: (folders: Folders) => T): Setting<T> {
  return { type, about, initial };
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s,]{1,1000}$/i.test(text) && URL.canParse(text);
}

function wholeNumber(raw: unknown, least: number, most: number): number | null {
  const value = typeof raw === 'number' ? raw : typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : Number.NaN;
  return Number.isInteger(value) && value >= least && value <= most ? value : null;
}
