/**
 * What a BitTorrent program says in its local network (BEP 14): an HTTP-like datagram to a multicast group that names torrents and a
 * port. Owns no state.
 */

import { latin1, latin1Bytes } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import { endpointOf, formatEndpoint } from '../core/endpoint.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import type { Endpoint } from '../core/host.ts';

/** The groups: one for IPv4 (organisation-local), one for IPv6 (site-local). */
export const LOCAL_DISCOVERY_GROUPS: readonly Endpoint[] = [
  endpointOf('239.192.152.143', 6771),
  endpointOf('ff15::efc0:988f', 6771),
].filter((endpoint) => endpoint !== null);

/** What fits into one Ethernet frame with room to spare (BEP 14). */
export const LOCAL_ANNOUNCE_BYTES_MAX = 1400;
/** With the longest host and cookie so many torrents fit: each takes 52 bytes. */
export const LOCAL_TORRENTS_MAX = 22;
const COOKIE_CHARS_MAX = 64;
const HOST_CHARS_MAX = 64;
const HEADERS_MAX = 64;
const FIRST_LINE = 'BT-SEARCH * HTTP/1.1';

export interface LocalAnnounce {
  /** `host:port` of the group that it is said to. */
  readonly host: string;
  /** Where the sender takes connections, at the address that the datagram comes from. */
  readonly port: number;
  /** 20 bytes each. */
  readonly infoHashes: readonly Uint8Array[];
  /** By which a sender knows its own voice; printable ASCII, or null. */
  readonly cookie: string | null;
}

export const localAnnounce: Codec<LocalAnnounce> = {
  name: 'BT-SEARCH',

  size: (message) => textOf(message).length,

  encode(message, into, offset) {
    const bytes = latin1Bytes(textOf(message));
    into.set(bytes, offset);
    return offset + bytes.length;
  },

  /** Lines may end in a bare LF and names be in any case; what is not known is ignored, as with any HTTP. */
  decode(bytes, start, end) {
    if (end - start > LOCAL_ANNOUNCE_BYTES_MAX) throw new MalformedMessage(`BT-SEARCH has at most ${LOCAL_ANNOUNCE_BYTES_MAX} bytes`);
    const [first = '', ...lines] = latin1(bytes, start, end).split(/\r?\n/, HEADERS_MAX);
    if (!/^BT-SEARCH \* HTTP\/1\.\d$/.test(first)) throw new MalformedMessage(`expected ${FIRST_LINE}`);
    const infoHashes: Uint8Array[] = [];
    let [host, port, cookie]: [string, number, string | null] = ['', 0, null];
    for (const line of lines) {
      if (line === '') break;
      const match = /^([\w-]+):[ \t]*([\x21-\x7e]*)[ \t]*$/.exec(line);
      if (match === null) continue;
      const [, name, value] = match as unknown as readonly [string, string, string]; // Both groups always match.
      switch (name.toLowerCase()) {
        case 'host':
          host = value.slice(0, HOST_CHARS_MAX);
          break;
        case 'port':
          port = portOf(value);
          break;
        case 'infohash':
          if (infoHashes.length < LOCAL_TORRENTS_MAX) infoHashes.push(infoHashOf(value));
          break;
        case 'cookie':
          cookie = value.slice(0, COOKIE_CHARS_MAX);
      }
    }
    if (port === 0 || infoHashes.length === 0) throw new MalformedMessage('BT-SEARCH names a port and at least one info-hash');
    return { host, port, infoHashes, cookie };
  },
};

/** What `host` of an announce to that group is. */
export function groupHost(group: Endpoint): string {
  return formatEndpoint(group);
}

function textOf({ host, port, infoHashes, cookie }: LocalAnnounce): string {
  const lines = [FIRST_LINE, `Host: ${host}`, `Port: ${port}`, ...infoHashes.map((hash) => `Infohash: ${hexOf(hash)}`)];
  if (cookie !== null) lines.push(`cookie: ${cookie}`);
  return `${lines.join('\r\n')}\r\n\r\n\r\n`;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new MalformedMessage(`a port is a number from 1 to 65535, got ${text.slice(0, 8)}`);
  return port;
}

function infoHashOf(text: string): Uint8Array {
  const hash = /^[0-9a-fA-F]{40}$/.test(text) ? bytesOfHex(text) : null;
  if (hash === null) throw new MalformedMessage(`an info-hash has 40 hex digits, got ${text.length} characters`);
  return hash;
}
