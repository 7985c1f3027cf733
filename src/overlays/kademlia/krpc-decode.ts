/** KRPC messages out of the places that a scan has noted; owns no state but the scan, which nothing keeps beyond a call. */

import { MalformedMessage } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ID_BYTES } from '../../core/id.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../core/signatures.ts';
import { CONTACT_V4_BYTES, CONTACT_V6_BYTES, type Contact, readContact } from './contact.ts';
import type {
  ItemFields,
  KrpcError,
  KrpcMessage,
  KrpcQuery,
  KrpcReply,
  MutableFields,
  SampleFields,
  ScrapeFields,
} from './krpc-messages.ts';
import { WANT_V4, WANT_V6 } from './krpc-messages.ts';
import { KrpcScan, type Span } from './krpc-scan.ts';
import { type NodeId, readId } from './node-id.ts';

/** Longer ones would be echoed; nobody sends more than 20. */
export const TRANSACTION_BYTES_MAX = 64;
export const TOKEN_BYTES_MAX = 256;
export const METHOD_BYTES_MAX = 64;
/** A salt that is too long is told by error 207, so longer ones are read too. */
export const SALT_BYTES_MAX = 64;
const SALT_BYTES_READ = 1024;
const VERSION_BYTES_MAX = 16;
const ERROR_TEXT_MAX = 256;
/** More are not looked at: 8 is what BEP 5 says, some send all that they have. */
export const CONTACTS_READ_MAX = 64;
export const VALUES_READ_MAX = 512;
export const SAMPLES_READ_MAX = 512;
export const FILTER_BYTES = 256;
/** BEP 44: of a value in its bencoded form. */
export const VALUE_BYTES_MAX = 1000;
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;

const scan = new KrpcScan();
const { fields } = scan;

export function decodeKrpc(bytes: Uint8Array, start: number, end: number): KrpcMessage {
  scan.scan(bytes, start, end);
  const transaction = requiredText(scan.transaction, TRANSACTION_BYTES_MAX, 'transaction id');
  const version = scan.version.there && scan.version.length <= VERSION_BYTES_MAX ? scan.text(scan.version) : '';
  if (scan.is(scan.kind, 'q')) return query(transaction, version);
  if (scan.is(scan.kind, 'r')) return reply(transaction, version);
  if (scan.is(scan.kind, 'e')) return failure(transaction, version);
  throw new MalformedMessage('a KRPC message is a query, a reply or an error: y is q, r or e');
}

function query(transaction: string, version: string): KrpcQuery {
  const name = requiredText(scan.method, METHOD_BYTES_MAX, 'method');
  const readOnly = scan.number(scan.readOnly) === 1;
  const id = scan.hasArguments ? idIn(fields.id) : null;
  const known = id === null ? null : argumentsOf(name, { kind: 'query', transaction, version, readOnly, id });
  return known ?? { kind: 'query', method: 'invalid', transaction, version, readOnly, name };
}

interface Head {
  readonly kind: 'query';
  readonly transaction: string;
  readonly version: string;
  readonly readOnly: boolean;
  readonly id: NodeId;
}

/** Null when an argument is missing or wrong. The messages are written out, so that each has one shape. */
function argumentsOf(name: string, head: Head): KrpcQuery | null {
  const { kind, transaction, version, readOnly, id } = head;
  switch (name) {
    case 'ping':
      return { kind, method: name, transaction, version, readOnly, id };
    case 'get_peers': {
      const target = idIn(fields.info_hash);
      if (target === null) return null;
      const noseed = scan.number(fields.noseed) === 1;
      const scrape = scan.number(fields.scrape) === 1;
      return { kind, method: name, transaction, version, readOnly, id, target, want: want(), noseed, scrape };
    }
    case 'announce_peer':
      return announcePeer(head);
    case 'put':
      return put(head);
  }
  const target = idIn(fields.target);
  switch (name) {
    case 'find_node':
    case 'sample_infohashes':
      return target === null ? null : { kind, method: name, transaction, version, readOnly, id, target, want: want() };
    case 'get':
      return target === null
        ? null
        : { kind, method: name, transaction, version, readOnly, id, target, want: want(), seq: bigintIn(fields.seq) };
    default: {
      const toward = target ?? idIn(fields.info_hash);
      return { kind, method: 'unknown', transaction, version, readOnly, id, name, target: toward, want: toward === null ? 0 : want() };
    }
  }
}

function announcePeer({ kind, transaction, version, readOnly, id }: Head): KrpcQuery | null {
  const target = idIn(fields.info_hash);
  const impliedPort = fields.implied_port.there && scan.number(fields.implied_port) !== 0;
  const named = scan.number(fields.port);
  const isPort = named > 0 && named <= 0xffff;
  if (target === null || (!isPort && !impliedPort) || !fits(fields.token, TOKEN_BYTES_MAX)) return null;
  const token = scan.text(fields.token);
  const seed = scan.number(fields.seed) === 1;
  return {
    kind,
    method: 'announce_peer',
    transaction,
    version,
    readOnly,
    id,
    target,
    port: isPort ? named : 0,
    impliedPort,
    seed,
    token,
  };
}

function put({ kind, transaction, version, readOnly, id }: Head): KrpcQuery | null {
  if (!fits(fields.token, TOKEN_BYTES_MAX) || !scan.value.there) return null;
  let mutable: MutableFields | null = null;
  if (fields.k.there) {
    const key = bytesIn(fields.k, PUBLIC_KEY_BYTES);
    const signature = bytesIn(fields.sig, SIGNATURE_BYTES);
    const seq = bigintIn(fields.seq);
    if (key === null || signature === null || seq === null || seq < 0n) return null;
    if (fields.salt.there && !fits(fields.salt, SALT_BYTES_READ)) return null;
    const salt = fields.salt.there ? scan.text(fields.salt) : '';
    mutable = { key, salt, seq, signature, cas: bigintIn(fields.cas) };
  }
  const token = scan.text(fields.token);
  return { kind, method: 'put', transaction, version, readOnly, id, token, value: copy(scan.value), mutable };
}

function reply(transaction: string, version: string): KrpcReply {
  const id = scan.hasReturn ? idIn(fields.id) : null;
  if (id === null) throw new MalformedMessage('a KRPC reply names the id of its sender');
  const peers = scan.values.there ? valuesOf(scan.values) : NO_VALUES;
  return {
    kind: 'reply',
    transaction,
    version,
    id,
    ip: endpointIn(scan.ip),
    nodes: contactsIn(fields.nodes, true),
    nodes6: contactsIn(fields.nodes6, false),
    token: fits(fields.token, TOKEN_BYTES_MAX) ? scan.text(fields.token) : null,
    values: peers.values,
    values6: peers.values6,
    scrape: scrapeOf(),
    item: itemOf(),
    samples: samplesOf(),
  };
}

function failure(transaction: string, version: string): KrpcError {
  if (!scan.errorCode.there || !scan.errorText.there) throw new MalformedMessage('a KRPC error is a list of a code and a text');
  const code = scan.number(scan.errorCode);
  if (!Number.isSafeInteger(code)) throw new MalformedMessage('the code of a KRPC error is beyond 2^53');
  const { errorText } = scan;
  errorText.end = Math.min(errorText.end, errorText.start + ERROR_TEXT_MAX);
  return { kind: 'error', transaction, version, ip: endpointIn(scan.ip), code, text: scan.text(errorText) };
}

function scrapeOf(): ScrapeFields | null {
  const seeds = bytesIn(fields.BFsd, FILTER_BYTES);
  const peers = bytesIn(fields.BFpe, FILTER_BYTES);
  return seeds === null || peers === null ? null : { seeds, peers };
}

function itemOf(): ItemFields | null {
  const value = scan.value.there && scan.value.length <= VALUE_BYTES_MAX ? copy(scan.value) : null;
  const key = bytesIn(fields.k, PUBLIC_KEY_BYTES);
  const seq = bigintIn(fields.seq);
  const signature = bytesIn(fields.sig, SIGNATURE_BYTES);
  return value === null && key === null && seq === null && signature === null ? null : { value, key, seq, signature };
}

function samplesOf(): SampleFields | null {
  const { samples } = fields;
  if (!samples.there) return null;
  const count = Math.min(SAMPLES_READ_MAX, Math.floor(samples.length / ID_BYTES));
  const infoHashes = scan.bytes.slice(samples.start, samples.start + count * ID_BYTES);
  return { intervalSeconds: count53(fields.interval), total: count53(fields.num), infoHashes };
}

/** A count as a number that bencodes again. */
function count53(span: Span): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, scan.number(span)));
}

const NO_VALUES: Peers = { values: null, values6: null };

interface Peers {
  readonly values: Uint8Array | null;
  readonly values6: Uint8Array | null;
}

/** BEP 32: a list may mix both families. A list without any is an empty one of IPv4. */
function valuesOf(list: Span): Peers {
  let count4 = 0;
  let count6 = 0;
  scan.eachString(list, (start, end) => {
    if (end - start === ENDPOINT_V4_BYTES) count4++;
    else if (end - start === ENDPOINT_V6_BYTES) count6++;
  });
  count4 = Math.min(count4, VALUES_READ_MAX);
  count6 = Math.min(count6, VALUES_READ_MAX);
  const values = new Uint8Array(count4 * ENDPOINT_V4_BYTES);
  const values6 = new Uint8Array(count6 * ENDPOINT_V6_BYTES);
  let at4 = 0;
  let at6 = 0;
  scan.eachString(list, (start, end) => {
    if (end - start === ENDPOINT_V4_BYTES && at4 < values.length) {
      values.set(scan.bytes.subarray(start, end), at4);
      at4 += ENDPOINT_V4_BYTES;
    } else if (end - start === ENDPOINT_V6_BYTES && at6 < values6.length) {
      values6.set(scan.bytes.subarray(start, end), at6);
      at6 += ENDPOINT_V6_BYTES;
    }
  });
  return { values: count4 > 0 || count6 === 0 ? values : null, values6: count6 > 0 ? values6 : null };
}

function contactsIn(span: Span, isV4: boolean): readonly Contact[] | null {
  if (!span.there) return null;
  const bytes = isV4 ? CONTACT_V4_BYTES : CONTACT_V6_BYTES;
  const count = Math.min(CONTACTS_READ_MAX, Math.floor(span.length / bytes));
  const contacts: Contact[] = [];
  for (let index = 0; index < count; index++) contacts.push(readContact(scan.bytes, span.start + index * bytes, isV4));
  return contacts;
}

function want(): number {
  if (!scan.want.there) return 0;
  let wanted = 0;
  scan.eachString(scan.want, (start, end) => {
    if (end - start !== 2 || scan.bytes[start] !== 0x6e) return;
    if (scan.bytes[start + 1] === 0x34) wanted |= WANT_V4;
    else if (scan.bytes[start + 1] === 0x36) wanted |= WANT_V6;
  });
  return wanted;
}

function idIn(span: Span): NodeId | null {
  return span.there && span.length === ID_BYTES ? readId(scan.bytes, span.start) : null;
}

function endpointIn(span: Span): Endpoint | null {
  return bytesIn(span, ENDPOINT_V4_BYTES) ?? bytesIn(span, ENDPOINT_V6_BYTES);
}

function bytesIn(span: Span, length: number): Uint8Array | null {
  return span.there && span.length === length ? copy(span) : null;
}

/** An int64, or null. */
function bigintIn(span: Span): bigint | null {
  if (!span.there) return null;
  const number = BigInt(scan.text(span));
  return number > INT64_MAX || number < -INT64_MAX - 1n ? null : number;
}

function fits(span: Span, bytesMax: number): boolean {
  return span.there && span.length <= bytesMax;
}

function requiredText(span: Span, bytesMax: number, what: string): string {
  if (!fits(span, bytesMax))
    throw new MalformedMessage(`a KRPC message has a ${what} of up to ${bytesMax} bytes, got ${span.there ? span.length : 'none'}`);
  return scan.text(span);
}

function copy(span: Span): Uint8Array {
  return scan.bytes.slice(span.start, span.end);
}
