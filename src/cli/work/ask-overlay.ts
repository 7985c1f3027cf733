/** The work of `kith dht put | get | remove | lookup`: through the node that runs here, or as a client for as long as it takes. */

import { readFile } from 'node:fs/promises';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { sha1 } from '../../core/sha1.ts';
import { isUtf8, utf8Bytes } from '../../core/utf8.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { openClient } from '../../node/open-overlay.ts';
import { type Accessed, KEY_BYTES, type OverlayAccess, valueTooLong } from '../../node/overlay.ts';
import { controlName, RemoteOverlay } from '../../node/overlay-control.ts';
import { namedNodes, OVERLAY_DEFAULT, overlayOf } from '../../node/overlays.ts';
import { formatBytes, formatSeconds, plural } from '../../node/quantity.ts';
import { safeUtf8 } from '../../wire/safe-text.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { hashNamed } from './hash-named.ts';

export interface AskOptions {
  readonly overlay: string;
  readonly name: string;
  readonly timeout: number;
}

/** Of questions that a client may ask as well as a node. */
export interface AccessOptions extends AskOptions {
  readonly via?: readonly string[];
  /** Whom to ask where no node runs here, besides those of the settings. */
  readonly otherwise?: readonly string[];
}

export interface KeyOptions extends AccessOptions {
  readonly hex?: true;
  /** Of the ring that is asked from outside. */
  readonly replicas: number;
}

export interface PutOptions extends KeyOptions {
  readonly file?: string;
}

/** Node's timers take no more: 24 days. */
const TIMER_MS_MAX = 0x7fff_ffff;
/** A name is a part of a file name, and is typed. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

export async function putKey(call: Call, keyText: string | undefined, valueText: string | undefined, options: PutOptions): Promise<void> {
  if (keyText === undefined) throw new Failure('usage', "Missing required argument 'key'.", '', 'See: kith help dht put');
  const key = keyOf(keyText, options);
  const { valueBytesMax } = await overlayOf(options.overlay).load();
  const value = await valueBytes(valueText, options, valueBytesMax);
  if (value.length > valueBytesMax) throw valueTooLong(value.length, valueBytesMax);
  const stored = await withAccess(call, options, (access) => access.put(key, value));
  call.console.document({ key: hexOf(key), bytes: value.length, ...facts(stored) });
  call.console.result(hexOf(key));
  call.console.say(`${formatBytes(value.length)} at ${replicasText(stored)}.`);
}

export async function getKey(call: Call, keyText: string, options: KeyOptions): Promise<void> {
  const { console } = call;
  const key = keyOf(keyText, options);
  const found = await withAccess(call, options, (access) => access.get(key));
  if (found.value === null) throw new Failure('not-found', `Nothing is stored under ${keyText}.`, '', '');
  const text = isUtf8(found.value) ? { text: Buffer.from(found.value).toString('utf8') } : {};
  console.document({ key: hexOf(key), base64: Buffer.from(found.value).toString('base64'), ...text, ...facts(found) });
  if (process.stdout.isTTY !== true) console.bytes(found.value);
  else console.result(shownOnTerminal(call, found.value));
}

export async function removeKey(call: Call, keyText: string, options: KeyOptions): Promise<void> {
  const key = keyOf(keyText, options);
  const removed = await withAccess(call, options, (access) => access.remove(key));
  call.console.document({ key: hexOf(key), ...facts(removed) });
  call.console.say(`Removed at ${replicasText(removed)}.`);
}

export async function lookUpKey(call: Call, keyText: string, options: KeyOptions, trace: boolean): Promise<void> {
  const { console } = call;
  const key = overlayOf(options.overlay).keepsItems === true ? await hashNamed(call, keyText) : keyOf(keyText, options);
  const { owner, others, hops, timeouts, tookMs, path } = await withAccess(call, options, (access) => access.lookup(key));
  console.document({ key: hexOf(key), owner, others, hops, timeouts, tookMs, ...(trace && { path }) });
  if (trace) {
    for (const step of path) {
      const time = `${step.tookMs.toFixed(1)} ms`;
      console.result(
        `${String(step.hops).padStart(2)}  ${step.outcome.padEnd(8)}  ${step.address.padEnd(21)}  ${step.id}  ${time.padStart(9)}`,
      );
    }
  }
  console.result(`owner  ${owner.address}  ${owner.id}`);
  for (const { address, id } of others) console.result(`then   ${address}  ${id}`);
  console.result(`hops   ${hops}${timeouts === 0 ? '' : `, and ${plural(timeouts, 'node')} that did not answer`}`);
  console.result(`time   ${tookMs.toFixed(1)} ms`);
}

/** The node that runs here, seen from this command. */
export function runningNode({ settings }: Call, { overlay, name }: AskOptions, signal: AbortSignal): RemoteOverlay {
  checkNodeName(name);
  return new RemoteOverlay(settings.folders.runtime, controlName(overlayOf(overlay).name, name), () => notRunning(overlay, name), signal);
}

export function checkNodeName(name: string): void {
  if (!NAME.test(name)) {
    throw new Failure('usage', `${name} is no name for a node.`, 'Expected up to 32 letters, digits, dots and dashes.', 'Correct --name.');
  }
}

/** Runs until it is done, or too late; 0 seconds: it is never too late. */
export async function withDeadline<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const onLate = (): void => {
    const failure = new Failure(
      'timed-out',
      `No answer within ${formatSeconds(seconds)}.`,
      '',
      'Try again, or wait longer with --timeout.',
    );
    controller.abort(failure);
    late.reject(failure);
  };
  const timer = seconds === 0 ? undefined : setTimeout(onLate, Math.min(seconds * 1000, TIMER_MS_MAX));
  try {
    return await Promise.race([work(controller.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Through the members that were named, or through the node that runs here; where none does and the overlay has nodes in the settings, through
 * those.
 */
export function withAccess<T>(
  call: Call,
  options: AccessOptions & { readonly replicas?: number },
  use: (access: OverlayAccess) => Promise<T>,
): Promise<T> {
  return withDeadline(options.timeout, async (signal) => {
    const { via, otherwise = [], overlay, replicas = 1 } = options;
    if (via !== undefined) return asClient(call, overlay, via, replicas, use);
    const running = runningNode(call, options, signal);
    const named = overlayOf(overlay).beginsAtSetting === true ? [...namedNodes(call.settings.get('dht.nodes')), ...otherwise] : [];
    if (named.length === 0 || (await running.runs())) return use(running);
    return asClient(call, overlay, named, replicas, use);
  });
}

async function asClient<T>(
  { settings }: Call,
  overlay: string,
  via: readonly string[],
  replicas: number,
  use: (access: OverlayAccess) => Promise<T>,
): Promise<T> {
  refuseBehindProxy(settings, 'A client of an overlay');
  const client = await openClient(await overlayOf(overlay).load(), via, replicas);
  try {
    await client.enter();
    return await use(client);
  } finally {
    await client.close();
  }
}

function keyOf(text: string, { hex }: KeyOptions): Uint8Array {
  if (hex !== true) return sha1(utf8Bytes(text));
  const key = bytesOfHex(text);
  if (key?.length === KEY_BYTES) return key;
  throw new Failure(
    'usage',
    `${text} is no key in digits.`,
    `Expected ${2 * KEY_BYTES} hexadecimal digits.`,
    'Without --hex any text is a key.',
  );
}

/** The value that is to be put: a text, a file, or what comes on standard input. One that is too long may be cut behind `bytesMax`. */
export async function valueBytes(text: string | undefined, { file }: { readonly file?: string }, bytesMax: number): Promise<Uint8Array> {
  if (text !== undefined && file !== undefined) {
    throw new Failure('usage', 'A text and --file say two things.', '', 'Leave one of them out.');
  }
  if (file !== undefined) return fileBytes(file, bytesMax);
  if (text === undefined) throw new Failure('usage', "Missing required argument 'value'.", '', 'See: kith help dht put');
  return text === '-' ? standardInput(bytesMax) : utf8Bytes(text);
}

async function fileBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  try {
    return (await readFile(path)).subarray(0, bytesMax + 1);
  } catch (error) {
    throw failureFrom(error, `${path} cannot be read.`);
  }
}

/** What comes until the end, or until it is too long for a value. */
async function standardInput(bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return Buffer.concat(chunks);
}

/** What strangers have stored must not steer a terminal. */
export function shownOnTerminal({ console }: Call, value: Uint8Array): string {
  const shown = Buffer.from(value)
    .toString('utf8')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => safeUtf8(utf8Bytes(line), value.length));
  const text = shown.join('\n');
  if (text.includes('\ufffd')) console.say(console.dim('Not all of it can be shown. As it is: … | cat'));
  return text;
}

function facts({ owners, replicas, hops, tookMs }: Accessed): Record<string, unknown> {
  return { owners, replicas, hops, tookMs };
}

function replicasText({ replicas, owners, hops, tookMs }: Accessed): string {
  return `${replicas} of ${plural(owners, 'node')}, ${plural(hops, 'hop')}, ${tookMs.toFixed(1)} ms`;
}

function notRunning(overlay: string, name: string): Failure {
  const which = overlay === OVERLAY_DEFAULT ? '' : ` --overlay ${overlay}`;
  return new Failure(
    'unreachable',
    `No ${overlay} node called ${name} runs here.`,
    '',
    `Start one: ${programWord()} dht join${which}   or ask another: --via HOST:PORT`,
  );
}
