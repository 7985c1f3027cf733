/**
 * One connection of a control socket: cuts what comes into lines, has them answered one after the other, and hangs up on what is no
 * question. Owns its socket. Questions and answers are JSON objects; an answer that has `failure` is an error.
 */

import type { Socket } from 'node:net';
import { Failure, failureFrom } from '../failure.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Answers one question, or throws a Failure. An answer of many objects is a line each, sent as fast as they are read; it is the last of its
 * connection, and ends by itself or when the signal says that the asker has gone.
 */
export type ControlHandler = (question: JsonObject, signal: AbortSignal) => Promise<JsonObject | AsyncIterable<JsonObject>>;

/** The version of this conversation; it grows when an old node could misunderstand. */
export const CONTROL_VERSION = 1;
/** A value of 1 KiB with its key takes 1.5. */
export const QUESTION_BYTES_MAX = 16 << 10;
/** Who has said nothing for so long, in the midst of a line or not, is hung up on. */
const IDLE_MS_MAX = 10_000;
/** Who asked for many answers and reads none for so long is hung up on. */
const UNREAD_MS_MAX = 30_000;
const LINE_END = 0x0a;
const NOTHING = Buffer.alloc(0);

export class ControlConnection {
  readonly #socket: Socket;
  readonly #handler: ControlHandler;
  /** What has come behind the last whole line. */
  #rest: Buffer = NOTHING;
  /** From the question until its answer has left. */
  #answering = false;
  /** The node is at work on it: that takes the time that it takes. */
  #working = false;
  /** The other side asks no more, or the node is about to stop: after the present answer it is over. */
  #ending = false;
  /** The answer under way is of many objects. */
  #streaming = false;
  readonly #gone = new AbortController();

  constructor(socket: Socket, handler: ControlHandler) {
    this.#socket = socket;
    this.#handler = handler;
  }

  start(): void {
    const socket = this.#socket;
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_MS_MAX, () => {
      if (!this.#working) socket.destroy();
    });
    socket.once('close', () => this.#gone.abort());
    // Whoever listens to many answers keeps its side open as long as it wants them.
    socket.on('end', () => (this.#streaming ? socket.destroy() : this.finish()));
    socket.on('data', (bytes: Buffer) => {
      // Behind a question that has many answers nothing is asked.
      if (this.#streaming) return;
      this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
      this.#next();
    });
  }

  /** Hangs up as soon as what is being answered is answered; who has many answers coming wants them until it has gone for good. */
  finish(): void {
    this.#ending = true;
    if (!this.#answering) this.#socket.destroySoon();
  }

  /** One question at a time: what comes meanwhile waits in the socket, which holds the sender back. */
  #next(): void {
    if (this.#answering) return;
    const end = this.#rest.indexOf(LINE_END);
    if (end > QUESTION_BYTES_MAX || (end < 0 && this.#rest.length > QUESTION_BYTES_MAX)) {
      this.#refuse(`A question has at most ${QUESTION_BYTES_MAX} bytes.`);
      return;
    }
    if (end < 0) return;
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    const question = questionOf(line);
    if (question === null) {
      this.#refuse('A question is a JSON object on a line of its own.');
      return;
    }
    this.#answering = true;
    this.#working = true;
    this.#socket.pause();
    void this.#answer(question);
  }

  async #answer(question: JsonObject): Promise<void> {
    let answer: JsonObject;
    try {
      const answered = await this.#handler(question, this.#gone.signal);
      if (Symbol.asyncIterator in answered) return await this.#answerMany(answered);
      answer = answered;
    } catch (error) {
      answer = failed(failureFrom(error, 'The node could not do it.'));
      this.#ending ||= this.#streaming;
    }
    this.#working = false;
    // When it has left the next question may come: who does not read its answers asks no more.
    this.#write(answer, () => {
      this.#answering = false;
      this.#socket.resume();
      this.#next();
      if (this.#ending) this.finish();
    });
  }

  async #answerMany(answers: AsyncIterable<JsonObject>): Promise<void> {
    this.#streaming = true;
    // Only the end of the connection is still of interest; it shows where somebody reads.
    this.#socket.resume();
    for await (const answer of answers) {
      const left = Promise.withResolvers<void>();
      const late = setTimeout(() => this.#socket.destroy(), UNREAD_MS_MAX);
      this.#socket.once('close', left.resolve);
      this.#write(answer, left.resolve);
      await left.promise;
      this.#socket.off('close', left.resolve);
      clearTimeout(late);
      if (this.#gone.signal.aborted) return;
    }
    this.#working = false;
    this.#socket.destroySoon();
  }

  #refuse(why: string): void {
    this.#answering = true;
    this.#rest = NOTHING;
    this.#socket.pause();
    this.#write(failed(new Failure('usage', 'That is no question for a node.', why, '')), () => this.#socket.destroy());
  }

  #write(answer: JsonObject, done: () => void): void {
    this.#socket.write(`${JSON.stringify({ v: CONTROL_VERSION, ...answer })}\n`, (error) => {
      if (error === undefined || error === null) done();
    });
  }
}

/** What was asked, or null when it is no question. Nesting is bounded by the length of the line. */
function questionOf(line: string): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failed({ kind, message, why, next }: Failure): JsonObject {
  return { failure: { kind, message, why, next } };
}
