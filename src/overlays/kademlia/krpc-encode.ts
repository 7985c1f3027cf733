/** KRPC messages as bytes, keys in order (BEP 3), and how many bytes that will be; owns no state. */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import { ID_BYTES } from '../../core/id.ts';
import { CONTACT_V4_BYTES, CONTACT_V6_BYTES, type Contact, writeContact } from './contact.ts';
import type { InvalidQuery, KrpcError, KrpcMessage, KrpcQuery, KrpcReply, PutQuery } from './krpc-messages.ts';
import { WANT_V4, WANT_V6 } from './krpc-messages.ts';
import { type NodeId, writeId } from './node-id.ts';

/** `2:id20:` and the id. */
const ID_SIZE = 7 + ID_BYTES;
/** `6:target20:` and the id. */
const TARGET_SIZE = 11 + ID_BYTES;
const INFO_HASH_SIZE = 14 + ID_BYTES;

export function krpcSize(message: KrpcMessage): number {
  const { transaction, version } = message;
  // d … 1:t T 1:v V 1:y1:q e
  const envelope = 2 + 3 + stringSize(transaction.length) + (version === '' ? 0 : 3 + stringSize(version.length)) + 6;
  if (message.kind === 'query') return envelope + querySize(message);
  const ip = message.ip === null ? 0 : 4 + stringSize(message.ip.length);
  return envelope + ip + (message.kind === 'reply' ? replySize(message) : errorSize(message));
}

export function encodeKrpc(message: KrpcMessage, into: Uint8Array, offset: number): number {
  let at = writeText('d', into, offset);
  if (message.kind === 'query') at = writeQuery(message, into, at);
  else {
    if (message.kind === 'error') {
      at = writeText(`1:eli${message.code}e`, into, at);
      at = writeText('e', into, writeString(message.text, into, at));
    }
    if (message.ip !== null) at = writeBytes(message.ip, into, writeText('2:ip', into, at));
    if (message.kind === 'reply') at = writeReply(message, into, at);
  }
  at = writeString(message.transaction, into, writeText('1:t', into, at));
  if (message.version !== '') at = writeString(message.version, into, writeText('1:v', into, at));
  return writeText(message.kind === 'query' ? '1:y1:qe' : message.kind === 'reply' ? '1:y1:re' : '1:y1:ee', into, at);
}

/** `1:ad` arguments `e1:q` name, and `2:roi1e`. */
function querySize(query: KrpcQuery): number {
  const name = query.method === 'unknown' || query.method === 'invalid' ? query.name : query.method;
  const around = 5 + 3 + stringSize(name.length) + (query.readOnly ? 7 : 0);
  if (query.method === 'invalid') return around;
  const size = around + ID_SIZE;
  switch (query.method) {
    case 'ping':
      return size;
    case 'find_node':
    case 'sample_infohashes':
      return size + TARGET_SIZE + wantSize(query.want);
    case 'get_peers':
      return size + INFO_HASH_SIZE + (query.noseed ? 11 : 0) + (query.scrape ? 11 : 0) + wantSize(query.want);
    case 'announce_peer': {
      const port = 8 + digits(query.port);
      return size + (query.impliedPort ? 18 : 0) + INFO_HASH_SIZE + port + (query.seed ? 9 : 0) + 7 + stringSize(query.token.length);
    }
    case 'get':
      return size + (query.seq === null ? 0 : bigintSize(query.seq) + 5) + TARGET_SIZE + wantSize(query.want);
    case 'put':
      return size + putSize(query);
    case 'unknown':
      return size + (query.target === null ? 0 : TARGET_SIZE) + wantSize(query.want);
  }
}

function putSize({ token, value, mutable }: PutQuery): number {
  const size = 7 + stringSize(token.length) + 3 + value.length;
  if (mutable === null) return size;
  const { cas, key, salt, seq, signature } = mutable;
  return (
    size +
    (cas === null ? 0 : 5 + bigintSize(cas)) +
    (3 + stringSize(key.length)) +
    (salt === '' ? 0 : 6 + stringSize(salt.length)) +
    (5 + bigintSize(seq)) +
    (5 + stringSize(signature.length))
  );
}

function writeQuery(query: KrpcQuery, into: Uint8Array, offset: number): number {
  let at = writeText('1:ad', into, offset);
  if (query.method !== 'invalid') at = writeArguments(query, into, at);
  at = writeText('e1:q', into, at);
  at = writeString(query.method === 'unknown' || query.method === 'invalid' ? query.name : query.method, into, at);
  return query.readOnly ? writeText('2:roi1e', into, at) : at;
}

function writeArguments(query: Exclude<KrpcQuery, InvalidQuery>, into: Uint8Array, offset: number): number {
  let at = offset;
  if (query.method === 'put' && query.mutable !== null && query.mutable.cas !== null)
    at = writeText(`3:casi${query.mutable.cas}e`, into, at);
  at = writeNamedId('2:id20:', query.id, into, at);
  switch (query.method) {
    case 'ping':
      return at;
    case 'find_node':
    case 'sample_infohashes':
      return writeWant(query.want, into, writeNamedId('6:target20:', query.target, into, at));
    case 'get_peers':
      at = writeNamedId('9:info_hash20:', query.target, into, at);
      if (query.noseed) at = writeText('6:noseedi1e', into, at);
      if (query.scrape) at = writeText('6:scrapei1e', into, at);
      return writeWant(query.want, into, at);
    case 'announce_peer':
      if (query.impliedPort) at = writeText('12:implied_porti1e', into, at);
      at = writeNamedId('9:info_hash20:', query.target, into, at);
      at = writeText(`4:porti${query.port}e`, into, at);
      if (query.seed) at = writeText('4:seedi1e', into, at);
      return writeString(query.token, into, writeText('5:token', into, at));
    case 'get':
      if (query.seq !== null) at = writeText(`3:seqi${query.seq}e`, into, at);
      return writeWant(query.want, into, writeNamedId('6:target20:', query.target, into, at));
    case 'put':
      return writePut(query, into, at);
    case 'unknown':
      if (query.target !== null) at = writeNamedId('6:target20:', query.target, into, at);
      return writeWant(query.want, into, at);
  }
}

function writePut({ token, value, mutable }: PutQuery, into: Uint8Array, offset: number): number {
  let at = offset;
  if (mutable !== null) {
    at = writeBytes(mutable.key, into, writeText('1:k', into, at));
    if (mutable.salt !== '') at = writeString(mutable.salt, into, writeText('4:salt', into, at));
    at = writeText(`3:seqi${mutable.seq}e3:sig`, into, at);
    at = writeBytes(mutable.signature, into, at);
  }
  at = writeString(token, into, writeText('5:token', into, at));
  return writeRaw(value, into, writeText('1:v', into, at));
}

/** `1:rd` … `e`. */
function replySize(reply: KrpcReply): number {
  const { nodes, nodes6, token, values, values6, scrape, item, samples } = reply;
  let size = 5 + ID_SIZE;
  if (scrape !== null) size += 12 + stringSize(scrape.peers.length) + stringSize(scrape.seeds.length);
  if (samples !== null) {
    size += 12 + digits(samples.intervalSeconds) + 7 + digits(samples.total) + 9 + stringSize(samples.infoHashes.length);
  }
  if (item !== null) {
    if (item.key !== null) size += 3 + stringSize(item.key.length);
    if (item.seq !== null) size += 5 + bigintSize(item.seq);
    if (item.signature !== null) size += 5 + stringSize(item.signature.length);
    if (item.value !== null) size += 3 + item.value.length;
  }
  if (nodes !== null) size += 7 + stringSize(nodes.length * CONTACT_V4_BYTES);
  if (nodes6 !== null) size += 8 + stringSize(nodes6.length * CONTACT_V6_BYTES);
  if (token !== null) size += 7 + stringSize(token.length);
  if (values !== null || values6 !== null) {
    size += 10;
    if (values !== null) size += (values.length / ENDPOINT_V4_BYTES) * (ENDPOINT_V4_BYTES + 2);
    if (values6 !== null) size += (values6.length / ENDPOINT_V6_BYTES) * (ENDPOINT_V6_BYTES + 3);
  }
  return size;
}

function writeReply(reply: KrpcReply, into: Uint8Array, offset: number): number {
  const { nodes, nodes6, token, values, values6, scrape, item, samples } = reply;
  let at = writeText('1:rd', into, offset);
  if (scrape !== null) {
    at = writeBytes(scrape.peers, into, writeText('4:BFpe', into, at));
    at = writeBytes(scrape.seeds, into, writeText('4:BFsd', into, at));
  }
  at = writeNamedId('2:id20:', reply.id, into, at);
  if (samples !== null) at = writeText(`8:intervali${samples.intervalSeconds}e`, into, at);
  if (item !== null && item.key !== null) at = writeBytes(item.key, into, writeText('1:k', into, at));
  if (nodes !== null) at = writeContacts('5:nodes', nodes, CONTACT_V4_BYTES, into, at);
  if (nodes6 !== null) at = writeContacts('6:nodes6', nodes6, CONTACT_V6_BYTES, into, at);
  if (samples !== null) {
    at = writeText(`3:numi${samples.total}e`, into, at);
    at = writeBytes(samples.infoHashes, into, writeText('7:samples', into, at));
  }
  if (item !== null) {
    if (item.seq !== null) at = writeText(`3:seqi${item.seq}e`, into, at);
    if (item.signature !== null) at = writeBytes(item.signature, into, writeText('3:sig', into, at));
  }
  if (token !== null) at = writeString(token, into, writeText('5:token', into, at));
  if (item !== null && item.value !== null) at = writeRaw(item.value, into, writeText('1:v', into, at));
  if (values !== null || values6 !== null) {
    at = writeText('6:valuesl', into, at);
    if (values !== null) at = writeValues('6:', values, ENDPOINT_V4_BYTES, into, at);
    if (values6 !== null) at = writeValues('18:', values6, ENDPOINT_V6_BYTES, into, at);
    at = writeText('e', into, at);
  }
  return writeText('e', into, at);
}

function errorSize(error: KrpcError): number {
  return 7 + String(error.code).length + stringSize(error.text.length);
}

function writeContacts(name: string, contacts: readonly Contact[], bytes: number, into: Uint8Array, offset: number): number {
  let at = writeText(name, into, offset);
  at = writeLength(contacts.length * bytes, into, at);
  for (const contact of contacts) at = writeContact(contact, into, at);
  return at;
}

function writeValues(length: string, packed: Uint8Array, bytes: number, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let from = 0; from < packed.length; from += bytes) {
    at = writeText(length, into, at);
    for (let index = 0; index < bytes; index++) into[at++] = packed[from + index] as number;
  }
  return at;
}

function wantSize(want: number): number {
  return want === 0 ? 0 : 8 + ((want & WANT_V4) === 0 ? 0 : 4) + ((want & WANT_V6) === 0 ? 0 : 4);
}

function writeWant(want: number, into: Uint8Array, offset: number): number {
  if (want === 0) return offset;
  let at = writeText('4:wantl', into, offset);
  if ((want & WANT_V4) !== 0) at = writeText('2:n4', into, at);
  if ((want & WANT_V6) !== 0) at = writeText('2:n6', into, at);
  return writeText('e', into, at);
}

function writeNamedId(name: string, id: NodeId, into: Uint8Array, offset: number): number {
  return writeId(id, into, writeText(name, into, offset));
}

function writeString(text: string, into: Uint8Array, offset: number): number {
  return writeText(text, into, writeLength(text.length, into, offset));
}

function writeBytes(bytes: Uint8Array, into: Uint8Array, offset: number): number {
  return writeRaw(bytes, into, writeLength(bytes.length, into, offset));
}

function writeRaw(bytes: Uint8Array, into: Uint8Array, offset: number): number {
  into.set(bytes, offset);
  return offset + bytes.length;
}

/** `<digits>:` */
function writeLength(length: number, into: Uint8Array, offset: number): number {
  let at = offset + digits(length);
  into[at] = 0x3a;
  for (let left = length; at > offset; left = Math.floor(left / 10)) into[--at] = 0x30 + (left % 10);
  return offset + digits(length) + 1;
}

/** One byte a character. */
function writeText(text: string, into: Uint8Array, offset: number): number {
  for (let at = 0; at < text.length; at++) into[offset + at] = text.charCodeAt(at);
  return offset + text.length;
}

function stringSize(length: number): number {
  return digits(length) + 1 + length;
}

/** `i…e` */
function bigintSize(number: bigint): number {
  return String(number).length + 2;
}

/** Of a whole number, not negative. */
function digits(number: number): number {
  if (number < 10) return 1;
  if (number < 100) return 2;
  return number < 1000 ? 3 : String(number).length;
}
