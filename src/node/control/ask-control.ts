/** Asks a running node through its control socket: one question, one answer or many. Owns the connection while it lasts. */

import { connect, type Socket } from 'node:net';
import { CONTROL_VERSION, isObject, type JsonObject } from './control-connection.ts';
import { controlPath } from './control-socket.ts';
import { Failure, failureFrom, isFailureKind } from '../failure.ts';

/** A list of ten thousand transfers takes eight. */
const ANSWER_BYTES_MAX = 64 << 20;
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

/** As above, for a question that has many answers: they come until the node has no more, stops, or the signal comes, which is no error. */
export async function followControl(
  folder: string,
  name: string,
  question: JsonObject,
  signal: AbortSignal,
): Promise<AsyncIterable<JsonObject> | null> {
  const path = controlPath(folder, name);
  const socket = connect(path);
  try {
    await connected(socket);
  } catch (error) {
    socket.destroy();
    const code = (error as { code?: string }).code ?? '';
    if (NOBODY.includes(code)) return null;
    throw failureFrom(error, `The node ${name} could not be asked.`);
  }
  return answersOf(socket, question, path, signal);
}

async function* answersOf(socket: Socket, question: JsonObject, path: string, signal: AbortSignal): AsyncGenerator<JsonObject> {
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket.write(`${JSON.stringify({ v: CONTROL_VERSION, ...question })}\n`);
    for await (const text of lines(socket)) yield answerOf(text, path);
  } catch (error) {
    if (signal.aborted) return;
    const code = (error as { code?: string }).code ?? '';
    if (!HUNG_UP.includes(code)) throw failureFrom(error, 'The node could not be followed.');
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
  for await (const text of lines(socket)) return text;
  throw hungUp();
}

async function* lines(socket: Socket): AsyncGenerator<string> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      chunks.push(chunk.subarray(from, end));
      yield Buffer.concat(chunks).toString('utf8');
      chunks = [];
      bytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) chunks.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > ANSWER_BYTES_MAX) throw strange('Its answer does not end.');
  }
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
