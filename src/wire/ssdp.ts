/** Looking for UPnP devices (SSDP, UPnP Device Architecture 2.0 §1.3): the question, and the answer as a codec; owns no state. */

import { latin1, latin1Bytes } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';

/** 239.255.255.250, where devices listen. */
export const SSDP_GROUP = '239.255.255.250';
export const SSDP_PORT = 1900;
/** One datagram; answers have a few hundred bytes. */
export const SSDP_BYTES_MAX = 2048;
const URL_CHARS_MAX = 512;

export interface SsdpAnswer {
  /** Where the device describes itself, as it stands there. */
  readonly location: string;
  /** What was searched for: the type of the device. */
  readonly target: string;
}

/** The question. Devices may answer at any time within `waitSeconds`, so that not all speak at once. */
export function ssdpSearch(target: string, host: string, waitSeconds: number): Uint8Array {
  return latin1Bytes(
    `M-SEARCH * HTTP/1.1\r\nHOST: ${host}\r\nMAN: "ssdp:discover"\r\nMX: ${waitSeconds}\r\nST: ${target}\r\nUSER-AGENT: kith UPnP/1.1\r\n\r\n`,
  );
}

export const ssdpAnswer: Codec<SsdpAnswer> = {
  name: 'SSDP answer',

  size: (message) => textOf(message).length,

  encode(message, into, offset) {
    const bytes = latin1Bytes(textOf(message));
    into.set(bytes, offset);
    return offset + bytes.length;
  },

  decode(bytes, start, end) {
    if (end - start > SSDP_BYTES_MAX) throw new MalformedMessage(`an SSDP answer has at most ${SSDP_BYTES_MAX} bytes, got ${end - start}`);
    const lines = latin1(bytes, start, end).split('\n');
    if (!/^HTTP\/1\.[01] 200\b/.test(lines[0] as string)) throw new MalformedMessage('an SSDP answer begins with HTTP/1.1 200');
    return { location: field(lines, 'location'), target: field(lines, 'st') };
  },
};

function textOf({ location, target }: SsdpAnswer): string {
  return `HTTP/1.1 200 OK\r\nLOCATION: ${location}\r\nST: ${target}\r\n\r\n`;
}

function field(lines: readonly string[], name: string): string {
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0 || line.slice(0, colon).trim().toLowerCase() !== name) continue;
    const value = line.slice(colon + 1).trim();
    if (!/^[\x21-\x7e]+$/.test(value) || value.length > URL_CHARS_MAX) {
      throw new MalformedMessage(`the ${name} of an SSDP answer has 1 to ${URL_CHARS_MAX} visible characters`);
    }
    return value;
  }
  throw new MalformedMessage(`an SSDP answer has a ${name}`);
}
