/**
 * The payload of the extension handshake (BEP 10; partial seeds BEP 21, own address BEP 24, metadata size BEP 9) and of
 * `lt_donthave` (BEP 54); owns no state. Entries of the wrong kind are read as absent: clients differ too much to be strict.
 */

import { readU32, writeU32 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import {
  type BencodeDict,
  type BencodeInput,
  bencodeDict,
  bencodeSize,
  decodeBencodeDict,
  dictBytes,
  dictDict,
  dictNumber,
  writeBencode,
} from '../../wire/bencode.ts';
import { safeText, safeUtf8 } from '../../wire/safe-text.ts';
import { METADATA_BYTES_MAX } from './metadata-messages.ts';

/** More names than any client has extensions. */
export const EXTENSIONS_MAX = 64;
const VERSION_CHARS_MAX = 64;
const VALUES_MAX = 1000;

export interface ExtensionHandshake {
  /** `m`: the number that the sender of the handshake wants for each extension, by name; 0 switches it off. */
  readonly extensions: ReadonlyMap<string, number>;
  /** `v`: name and version of the client, fit to be shown. */
  readonly version: string | null;
  /** `p`: TCP port that the sender listens on. */
  readonly port: number | null;
  /** `reqq`: requests that the sender queues before it drops any. */
  readonly requestsMax: number | null;
  /** `metadata_size`: bytes of the info dictionary. */
  readonly metadataBytes: number | null;
  /** `upload_only`: the sender wants nothing more, whether it has everything or not. */
  readonly uploadOnly: boolean;
  /** `e`: the sender would rather be dialled encrypted. */
  readonly prefersEncryption: boolean;
  /** `yourip`: the receiver's address as the sender sees it, 4 or 16 bytes. */
  readonly yourIp: Uint8Array | null;
  /** `ipv4` and `ipv6`: further addresses of the sender. */
  readonly ipv4: Uint8Array | null;
  readonly ipv6: Uint8Array | null;
}

export const extensionHandshake: Codec<ExtensionHandshake> = {
  name: 'extension handshake',

  size: (handshake) => bencodeSize(dictOf(handshake)),

  encode: (handshake, into, offset) => writeBencode(dictOf(handshake), into, offset),

  decode(bytes, start, end) {
    const dict = decodeBencodeDict(bytes, start, end, { valuesMax: VALUES_MAX });
    const version = dictBytes(dict, 'v');
    return {
      extensions: extensionsOf(dictDict(dict, 'm')),
      version: version === null ? null : safeUtf8(version, VERSION_CHARS_MAX),
      port: numberWithin(dict, 'p', 65_535),
      requestsMax: numberWithin(dict, 'reqq', 0x7fff_ffff),
      metadataBytes: numberWithin(dict, 'metadata_size', METADATA_BYTES_MAX),
      uploadOnly: (dictNumber(dict, 'upload_only') ?? 0) !== 0,
      prefersEncryption: (dictNumber(dict, 'e') ?? 0) !== 0,
      yourIp: address(dict, 'yourip', 4) ?? address(dict, 'yourip', 16),
      ipv4: address(dict, 'ipv4', 4),
      ipv6: address(dict, 'ipv6', 16),
    };
  },
};

/** `lt_donthave`: the sender has lost a piece. */
export interface DontHave {
  readonly piece: number;
}

export const dontHave: Codec<DontHave> = {
  name: 'lt_donthave',
  size: () => 4,
  encode: (message, into, offset) => writeU32(into, offset, message.piece),
  decode(bytes, start, end) {
    if (end - start !== 4) throw new MalformedMessage(`lt_donthave has 4 bytes, got ${end - start}`);
    return { piece: readU32(bytes, start) };
  },
};

function dictOf(handshake: ExtensionHandshake): BencodeInput {
  return bencodeDict({
    m: handshake.extensions,
    v: handshake.version === null ? undefined : safeText(handshake.version, VERSION_CHARS_MAX),
    p: handshake.port ?? undefined,
    reqq: handshake.requestsMax ?? undefined,
    metadata_size: handshake.metadataBytes ?? undefined,
    upload_only: handshake.uploadOnly ? 1 : undefined,
    e: handshake.prefersEncryption ? 1 : undefined,
    yourip: handshake.yourIp ?? undefined,
    ipv4: handshake.ipv4 ?? undefined,
    ipv6: handshake.ipv6 ?? undefined,
  });
}

function extensionsOf(dict: BencodeDict | null): ReadonlyMap<string, number> {
  const extensions = new Map<string, number>();
  for (const [name, number] of dict ?? []) {
    if (extensions.size === EXTENSIONS_MAX) break;
    if (typeof number === 'number' && number >= 0 && number <= 255) extensions.set(name, number);
  }
  return extensions;
}

function numberWithin(dict: BencodeDict, key: string, max: number): number | null {
  const number = dictNumber(dict, key);
  return number !== null && number >= 1 && number <= max ? number : null;
}

function address(dict: BencodeDict, key: string, length: number): Uint8Array | null {
  const bytes = dictBytes(dict, key);
  return bytes?.length === length ? bytes.slice() : null;
}
