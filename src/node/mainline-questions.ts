/**
 * What can be asked of the Mainline DHT beyond what all overlays can: peers of torrents (BEP 5, 33), samples (BEP 51), items (BEP 44). Both
 * sides of it, as questions and answers of JSON: they are the same through a control socket and without. Owns no state.
 */

import { bytesOfHex, hexOf } from '../core/hex.ts';
import { SHA1_BYTES } from '../core/sha1.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../core/signatures.ts';
import type { MutableItem } from '../overlays/kademlia/index.ts';
import { fieldOf } from './control/ask-control.ts';
import { isObject, type JsonObject } from './control/control-connection.ts';
import { Failure } from './failure.ts';
import type { OverlayAccess, Place } from './overlay.ts';

/** What a lookup took. */
export interface Cost {
  readonly hops: number;
  readonly questions: number;
  readonly tookMs: number;
}

export interface PeersAnswer extends Cost {
  /** `host:port`. */
  readonly peers: readonly string[];
  /** Estimates of BEP 33; null when they were not asked for. */
  readonly seeds: number | null;
  readonly leechers: number | null;
}

export interface AnnounceAnswer extends Cost {
  /** Nodes that have taken it. */
  readonly stored: number;
}

export interface SampleAnswer extends Cost {
  readonly nodes: readonly SampledNode[];
  /** Nodes that did not answer. */
  readonly timeouts: number;
}

export interface SampledNode extends Place {
  /** Info-hashes that it has in all. */
  readonly total: number;
  /** After so long it has others to give. */
  readonly intervalSeconds: number;
  /** In hex. */
  readonly infoHashes: readonly string[];
}

export interface PutAnswer extends Cost {
  readonly target: string;
  readonly stored: number;
  /** Codes of errors, one for each node that refused. */
  readonly refusals: readonly number[];
}

export interface GetAnswer extends Cost {
  readonly target: string;
  /** Bencoded; null: nobody has it. */
  readonly value: Uint8Array | null;
  /** Of a mutable item. */
  readonly seq: bigint | null;
  /** Nodes that have this version, and those of the nearest that do not. */
  readonly copies: number;
  readonly missing: number;
}

export type ItemKey = { readonly target: Uint8Array } | { readonly publicKey: Uint8Array; readonly salt: string };

/** An overlay that knows torrents, as commands see it. All reject with a Failure. */
export class MainlineQuestions {
  readonly #access: OverlayAccess;

  constructor(access: OverlayAccess) {
    this.#access = access;
  }

  getPeers(infoHash: Uint8Array, scrape: boolean): Promise<PeersAnswer> {
    return this.#ask({ command: 'get-peers', infoHash: hexOf(infoHash), scrape }, isPeersAnswer);
  }

  announce(infoHash: Uint8Array, port: number, isSeed: boolean): Promise<AnnounceAnswer> {
    return this.#ask({ command: 'announce', infoHash: hexOf(infoHash), port, isSeed }, isAnnounceAnswer);
  }

  /** Of one node, `host:port`, or of all on the way to a point. */
  sample(of: { readonly node: string } | { readonly target: Uint8Array }): Promise<SampleAnswer> {
    const whom = 'node' in of ? of : { target: hexOf(of.target) };
    return this.#ask({ command: 'sample', ...whom }, isSampleAnswer);
  }

  putImmutable(value: Uint8Array): Promise<PutAnswer> {
    return this.#ask({ command: 'put-item', value: base64(value) }, isPutAnswer);
  }

  /** The secret key stays with the caller: what goes through here is signed. */
  putMutable({ publicKey, salt, seq, value, signature }: MutableItem, cas: bigint | null): Promise<PutAnswer> {
    const item = { publicKey: hexOf(publicKey), salt: base64(Buffer.from(salt, 'latin1')), seq: String(seq), signature: hexOf(signature) };
    return this.#ask({ command: 'put-item', value: base64(value), item, cas: cas === null ? null : String(cas) }, isPutAnswer);
  }

  async getItem(key: ItemKey): Promise<GetAnswer> {
    const what =
      'target' in key ? { target: hexOf(key.target) } : { publicKey: hexOf(key.publicKey), salt: base64(Buffer.from(key.salt, 'latin1')) };
    const { value, seq, ...rest } = await this.#ask({ command: 'get-item', ...what }, isGetFields);
    return { ...rest, value: value === null ? null : Buffer.from(value, 'base64'), seq: seq === null ? null : BigInt(seq) };
  }

  async #ask<T>(question: JsonObject, is: (value: unknown) => value is T): Promise<T> {
    return fieldOf(await this.#access.more(question), 'found', is);
  }
}

/** What goes through the socket instead of a GetAnswer. */
export type GetFields = Omit<GetAnswer, 'value' | 'seq'> & { readonly value: string | null; readonly seq: string | null };

export function nothingRemoved(): Failure {
  return new Failure(
    'usage',
    'Nothing can be removed from the Mainline DHT.',
    'BEP 44 has no removal: nodes forget an item two hours after it was last put, and a peer after 45 minutes at most.',
    'Of a mutable item, put a newer version over it, such as an empty text: kith dht put --overlay mainline --key-file FILE ""',
  );
}

// Fields of questions. Whoever asks is of the same user, and may be of another version, or a script.

export function infoHashOf(question: JsonObject, name: string): Uint8Array {
  return hexField(question, name, SHA1_BYTES);
}

export function itemKeyOf(question: JsonObject): ItemKey {
  if (question.target !== undefined) return { target: hexField(question, 'target', SHA1_BYTES) };
  return { publicKey: hexField(question, 'publicKey', PUBLIC_KEY_BYTES), salt: latin1Field(question, 'salt') };
}

/** Null: the value is to lie under its hash. */
export function mutableOf(question: JsonObject, value: Uint8Array): MutableItem | null {
  const { item } = question;
  if (item === undefined || item === null) return null;
  if (!isObject(item)) throw malformed('item', 'an object');
  return {
    publicKey: hexField(item, 'publicKey', PUBLIC_KEY_BYTES),
    salt: latin1Field(item, 'salt'),
    seq: numberField(item, 'seq'),
    value,
    signature: hexField(item, 'signature', SIGNATURE_BYTES),
  };
}

export function casOf({ cas, ...question }: JsonObject): bigint | null {
  return cas === undefined || cas === null ? null : numberField({ ...question, cas }, 'cas');
}

export function bytesField(question: JsonObject, name: string): Uint8Array {
  const text = question[name];
  if (typeof text === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return new Uint8Array(Buffer.from(text, 'base64'));
  throw malformed(name, 'bytes in base64');
}

function latin1Field(question: JsonObject, name: string): string {
  return Buffer.from(bytesField(question, name)).toString('latin1');
}

function hexField(question: JsonObject, name: string, bytes: number): Uint8Array {
  const text = question[name];
  const read = typeof text === 'string' ? bytesOfHex(text) : null;
  if (read?.length === bytes) return read;
  throw malformed(name, `${2 * bytes} hexadecimal digits`);
}

/** Text, because JSON's numbers end at 2^53. */
function numberField(question: JsonObject, name: string): bigint {
  const text = question[name];
  if (typeof text === 'string' && /^\d{1,19}$/.test(text)) return BigInt(text);
  throw malformed(name, 'a number as text');
}

function malformed(name: string, expected: string): Failure {
  return new Failure('usage', `That is no ${name}.`, `Expected ${expected}.`, '');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

// The node that answers belongs to the same user and is of the same version: what could be missing is looked at, not every leaf.

function isPeersAnswer(value: unknown): value is PeersAnswer {
  return isCost(value) && areTexts(value.peers) && isNumberOrNull(value.seeds) && isNumberOrNull(value.leechers);
}

function isAnnounceAnswer(value: unknown): value is AnnounceAnswer {
  return isCost(value) && isNumber(value.stored);
}

function isSampleAnswer(value: unknown): value is SampleAnswer {
  return isCost(value) && isNumber(value.timeouts) && Array.isArray(value.nodes) && value.nodes.every(isSampledNode);
}

function isSampledNode(value: unknown): value is SampledNode {
  return isObject(value) && typeof value.address === 'string' && isNumber(value.total) && areTexts(value.infoHashes);
}

function isPutAnswer(value: unknown): value is PutAnswer {
  return isCost(value) && typeof value.target === 'string' && isNumber(value.stored) && Array.isArray(value.refusals);
}

function isGetFields(value: unknown): value is GetFields {
  if (!isCost(value) || typeof value.target !== 'string') return false;
  const { seq, value: item } = value;
  return (item === null || typeof item === 'string') && (seq === null || (typeof seq === 'string' && /^\d{1,19}$/.test(seq)));
}

function isCost(value: unknown): value is JsonObject & Cost {
  return isObject(value) && isNumber(value.hops) && isNumber(value.questions) && isNumber(value.tookMs);
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || isNumber(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
