/** Asks a running node through its control socket: one question, one answer. Owns the connection while it lasts. */

import { connect, type Socket } from 'node:net';
import { CONTROL_VERSION, isObject, type JsonObject } from './control-connection.ts';
import { controlPath } from './control-socket.ts';
import { Failure, failureFrom, isFailureKind } from './failure.ts';

/** The status of a node with 256 points takes less than one. */
const ANSWER_BYTES_MAX = 4 << 20;
/** Nobody listens at that path. */
const NOBODY = ['ENOENT', 'ECONNREFUSED'];
const HUNG_UP = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

/**
 * The answer; null when no node of that name runs. Rejects with the Failure that the node had, or the way to it; when the signal comes first,
 * with its reason.
 */
export async function askControl(folder: string, name: string, question: JsonObject, signal: AbortSignal): Promise<JsonObject | null> {
  const path = controlPath(folder, name);
  const socket = connect(path);
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await connected(socket);
    socket.write(`${JSON.stringify({ v: CONTROL_VERSION, ...question })}\n`);
    return answerOf(await line(socket), path);
  } catch (error) {
    if (signal.aborted) throw failureFrom(signal.reason, `The node ${name} did not answer.`);
    const code = (error as { code?: string }).code ?? '';
    if (NOBODY.includes(code)) return null;
    if (HUNG_UP.includes(code)) throw hungUp();
    throw failureFrom(error, `The node ${name} could not be asked.`);
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

async function connected(socket: Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', resolve);
    socket.once('close', () => reject(hungUp()));
  });
}

async function line(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw strange('Its answer does not end.');
    if (chunk.at(-1) === LINE_END) return Buffer.concat(chunks).toString('utf8');
  }
  throw hungUp();
}

const LINE_END = 0x0a;

function answerOf(text: string, path: string): JsonObject {
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    throw strange(`At ${path} something else answers.`);
  }
  if (!isObject(answer)) throw strange(`At ${path} something else answers.`);
  const { v, failure } = answer;
  if (v !== CONTROL_VERSION) throw strange(`It speaks version ${JSON.stringify(v)}, this kith ${CONTROL_VERSION}.`);
  if (!isObject(failure)) return answer;
  const words = [failure.message, failure.why, failure.next].map((word) => (typeof word === 'string' ? word : ''));
  const [message, why, next] = words as [string, string, string];
  throw new Failure(isFailureKind(failure.kind) ? failure.kind : 'failed', message, why, next);
}

/** A field of an answer, checked by `is`. Throws a Failure when the node is of another version. */
export function fieldOf<T>(answer: JsonObject, name: string, is: (value: unknown) => value is T): T {
  const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
  if (is(value)) return value;
  throw strange(`Its answer has no ${name} that can be used.`);
}

function strange(why: string): Failure {
  return new Failure('failed', 'The running node cannot be understood.', why, 'If it is of another version, stop it and start it again.');
}

function hungUp(): Failure {
  return new Failure('unreachable', 'The running node hung up without an answer.', 'It may just be stopping.', 'Try again.');
}
