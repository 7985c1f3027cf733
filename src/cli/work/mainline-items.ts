/** The work of `kith dht put | get` in the Mainline DHT: items of BEP 44, under their hash or under a public key. Owns no state. */

import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { PUBLIC_KEY_BYTES } from '../../core/signatures.ts';
import { isUtf8, utf8Bytes } from '../../core/utf8.ts';
import { ED25519 } from '../../net/ed25519.ts';
import { Failure } from '../../node/failure.ts';
import { secretKeyIn } from '../../node/key-file.ts';
import { type GetAnswer, type ItemKey, MainlineQuestions, nothingRemoved, type PutAnswer } from '../../node/mainline-questions.ts';
import { valueTooLong } from '../../node/overlay.ts';
import { overlayOf } from '../../node/overlays.ts';
import { formatBytes, plural } from '../../node/quantity.ts';
import { KrpcCode, type MutableItem, signItem } from '../../overlays/kademlia/index.ts';
import { decodeBencode } from '../../wire/bencode.ts';
import type { Call } from '../cli.ts';
import { type AccessOptions, shownOnTerminal, valueBytes, withAccess } from './ask-overlay.ts';

export interface ItemOptions extends AccessOptions {
  readonly file?: string;
  readonly bencoded?: true;
  readonly keyFile?: string;
  readonly salt?: string;
  readonly seq?: bigint;
  readonly cas?: bigint;
}

export async function putItem(call: Call, text: string | undefined, more: string | undefined, options: ItemOptions): Promise<void> {
  if (more !== undefined) {
    throw new Failure(
      'usage',
      'An item has no key of your choice.',
      'It lies under its own hash, or under a public key.',
      'Give the text alone.',
    );
  }
  const value = await valueOf(text, options);
  if (options.keyFile === undefined) {
    const given = (['salt', 'seq', 'cas'] as const).find((name) => options[name] !== undefined);
    if (given !== undefined) throw new Failure('usage', `--${given} is of mutable items.`, '', 'Add --key-file FILE; a key is made there.');
    const put = await withAccess(call, options, (access) => new MainlineQuestions(access).putImmutable(value));
    told(call, put, value, { target: put.target }, put.target);
    return;
  }
  await putMutable(call, value, { ...options, keyFile: options.keyFile });
}

async function putMutable(call: Call, value: Uint8Array, options: ItemOptions & { readonly keyFile: string }): Promise<void> {
  const { console } = call;
  const { bytes: secretKey, isNew } = secretKeyIn(options.keyFile);
  if (isNew) console.say(`Made a key in ${options.keyFile}. Keep it: who has it, and nobody else, can put newer versions.`);
  const publicKey = ED25519.publicKey(secretKey);
  const salt = saltOf(options);
  const { item, put } = await withAccess(call, options, async (access) => {
    const dht = new MainlineQuestions(access);
    // Without a number it takes the place of the version that is there, and of no other one that comes meanwhile.
    const before = options.seq === undefined ? (await dht.getItem({ publicKey, salt })).seq : null;
    const item = signed(secretKey, salt, options.seq ?? (before === null ? 1n : before + 1n), value);
    return { item, put: await dht.putMutable(item, options.cas ?? before) };
  });
  const facts = { target: put.target, publicKey: hexOf(publicKey), salt: options.salt ?? '', seq: String(item.seq) };
  told(call, put, value, facts, hexOf(publicKey));
  console.say(`Version ${item.seq} at target ${put.target}${options.salt === undefined ? '' : `; its salt is ${options.salt}`}.`);
}

export async function getItem(call: Call, name: string, options: ItemOptions): Promise<void> {
  const { console } = call;
  const key = itemKey(name, options);
  const found = await withAccess(call, options, (access) => new MainlineQuestions(access).getItem(key));
  if (found.value === null) throw new Failure('not-found', `Nothing is stored under ${name}.`, '', saltHint(key));
  const content = options.bencoded === true ? found.value : contentOf(found.value);
  const text = isUtf8(content) ? { text: Buffer.from(content).toString('utf8') } : {};
  console.document({ ...documentOf(found), base64: Buffer.from(content).toString('base64'), ...text });
  if (process.stdout.isTTY !== true) console.bytes(content);
  else console.result(shownOnTerminal(call, content));
}

/** Rejects, whatever is to be removed. */
export function removeItem(): Promise<never> {
  return Promise.reject(nothingRemoved());
}

function documentOf({ target, seq, copies, missing, hops, questions, tookMs }: GetAnswer): Record<string, unknown> {
  return { target, ...(seq !== null && { seq: String(seq) }), copies, missing, hops, questions, tookMs };
}

function itemKey(name: string, options: ItemOptions): ItemKey {
  const bytes = bytesOfHex(name);
  if (bytes?.length === PUBLIC_KEY_BYTES) return { publicKey: bytes, salt: saltOf(options) };
  if (bytes?.length === SHA1_BYTES) {
    if (options.salt === undefined) return { target: bytes };
    throw new Failure('usage', '--salt goes with a public key.', 'A target already stands for both.', 'Give the 64 digits of the key.');
  }
  throw new Failure(
    'usage',
    `${name} is no name of an item.`,
    `Expected the ${2 * SHA1_BYTES} digits of a target, or the ${2 * PUBLIC_KEY_BYTES} of a public key.`,
    'It is what kith dht put has printed.',
  );
}

function saltHint(key: ItemKey): string {
  return 'target' in key
    ? 'A mutable item is got by its public key, not by its target.'
    : 'Was it put with another --salt? Nodes forget an item two hours after it was last put.';
}

async function valueOf(text: string | undefined, { file, bencoded, overlay }: ItemOptions): Promise<Uint8Array> {
  const { valueBytesMax } = await overlayOf(overlay).load();
  const bytes = await valueBytes(text, file === undefined ? {} : { file }, valueBytesMax);
  const value = bencoded === true ? bytes : concatBytes([latin1Bytes(`${bytes.length}:`), bytes]);
  if (value.length <= valueBytesMax) return value;
  throw valueTooLong(value.length, valueBytesMax);
}

/** The bytes of a string; what is no string stays as it is. */
function contentOf(value: Uint8Array): Uint8Array {
  try {
    const decoded = decodeBencode(value);
    return decoded instanceof Uint8Array ? decoded : value;
  } catch (error) {
    if (error instanceof MalformedMessage) return value;
    throw error;
  }
}

/** One character a byte, as the protocol has it. */
function saltOf({ salt }: ItemOptions): string {
  return latin1(utf8Bytes(salt ?? ''));
}

function signed(secretKey: Uint8Array, salt: string, seq: bigint, value: Uint8Array): MutableItem {
  try {
    return signItem(ED25519, secretKey, salt, seq, value);
  } catch (error) {
    // The protocol says in words what no node would store.
    if (error instanceof RangeError) throw new Failure('usage', 'No node would store that.', `${error.message}.`, '');
    throw error;
  }
}

function told(call: Call, put: PutAnswer, value: Uint8Array, facts: Record<string, unknown>, name: string): void {
  const { stored, refusals, hops, questions, tookMs } = put;
  if (stored === 0) throw notTaken(refusals);
  call.console.document({ ...facts, bytes: value.length, stored, refusals, hops, questions, tookMs });
  call.console.result(name);
  call.console.say(`${formatBytes(value.length)} at ${plural(stored, 'node')}, ${plural(questions, 'question')}, ${tookMs.toFixed(1)} ms.`);
  if (refusals.length > 0)
    call.console.warn(`${plural(refusals.length, 'node')} refused it (${[...new Set(refusals)].map(reasonOf).join('; ')}).`);
}

function notTaken(refusals: readonly number[]): Failure {
  if (refusals.includes(KrpcCode.casMismatch)) {
    return new Failure('failed', 'Another version is there than the one that this was to replace.', '', 'Get it, then put again.');
  }
  if (refusals.includes(KrpcCode.seqTooLow)) {
    return new Failure(
      'failed',
      'A version with this number or a higher one is there.',
      '',
      'Leave --seq out: then the next number is taken.',
    );
  }
  const why = refusals.length === 0 ? '' : `They said: ${[...new Set(refusals)].map(reasonOf).join('; ')}.`;
  return new Failure('incomplete', 'No node took it.', why, 'Run the same command again.');
}

function reasonOf(code: number): string {
  return REASONS[code] ?? `error ${code}`;
}

const REASONS: Readonly<Record<number, string>> = {
  [KrpcCode.generic]: 'no room',
  [KrpcCode.server]: 'no room',
  [KrpcCode.protocol]: 'not bencoded as it must be',
  [KrpcCode.unknownMethod]: 'they keep no items',
  [KrpcCode.valueTooBig]: 'too large',
  [KrpcCode.badSignature]: 'a wrong signature',
  [KrpcCode.saltTooBig]: 'the salt is too long',
  [KrpcCode.casMismatch]: 'another version is there',
  [KrpcCode.seqTooLow]: 'a newer version is there',
};
