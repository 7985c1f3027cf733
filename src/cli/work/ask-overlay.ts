/** The work of `kith dht put | get | remove | lookup`: through the node that runs here, or as a client for as long as it takes. */

import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { sha1 } from '../../core/sha1.ts';
import { isUtf8, utf8Bytes } from '../../core/utf8.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { Failure } from '../../node/failure.ts';
import { openClient } from '../../node/open-overlay.ts';
import { type Accessed, KEY_BYTES, type OverlayAccess, valueTooLong } from '../../node/overlay.ts';
import { controlName, RemoteOverlay } from '../../node/overlay-control.ts';
import { OVERLAY_DEFAULT, overlayOf } from '../../node/overlays.ts';
import { formatBytes, formatSeconds, plural } from '../../node/quantity.ts';
import { safeUtf8 } from '../../wire/safe-text.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';

export interface AskOptions {
  readonly overlay: string;
  readonly name: string;
  readonly timeout: number;
}

export interface KeyOptions extends AskOptions {
  readonly via?: readonly string[];
  readonly hex?: true;
  /** Of the ring that is asked from outside. */
  readonly replicas: number;
}

/** Node's timers take no more: 24 days. */
const TIMER_MS_MAX = 0x7fff_ffff;
/** A name is a part of a file name, and is typed. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

export async function putKey(call: Call, keyText: string, valueText: string, options: KeyOptions): Promise<void> {
  const key = keyOf(keyText, options);
  const { valueBytesMax } = await overlayOf(options.overlay).load();
  const value = valueText === '-' ? await standardInput(valueBytesMax) : utf8Bytes(valueText);
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
  const key = keyOf(keyText, options);
  const { owner, hops, timeouts, tookMs, path } = await withAccess(call, options, (access) => access.lookup(key));
  console.document({ key: hexOf(key), owner, hops, timeouts, tookMs, ...(trace && { path }) });
  if (trace) {
    for (const step of path) {
      const time = `${step.tookMs.toFixed(1)} ms`;
      console.result(
        `${String(step.hops).padStart(2)}  ${step.outcome.padEnd(8)}  ${step.address.padEnd(21)}  ${step.id}  ${time.padStart(9)}`,
      );
    }
  }
  console.result(`owner  ${owner.address}  ${owner.id}`);
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

function withAccess<T>(call: Call, options: KeyOptions, use: (access: OverlayAccess) => Promise<T>): Promise<T> {
  return withDeadline(options.timeout, async (signal) => {
    const { via, replicas } = options;
    if (via === undefined) return use(runningNode(call, options, signal));
    refuseBehindProxy(call.settings, 'A client of an overlay');
    const maker = await overlayOf(options.overlay).load();
    const client = await openClient(maker, via, replicas);
    try {
      await client.enter();
      return await use(client);
    } finally {
      await client.close();
    }
  });
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
function shownOnTerminal({ console }: Call, value: Uint8Array): string {
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
