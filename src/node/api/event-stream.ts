/**
 * What happens in a node, as server-sent events (HTML Living Standard, 9.2): a snapshot first, then events and the numbers that change, and
 * after an interruption only what was missed, as long as the node still knows it. Owns one client's place in the events.
 */

import type { ServerResponse } from 'node:http';
import type { NodeOperations } from '../node-operations.ts';
import type { NodeEvent } from '../node-view.ts';
import type { Snapshot } from './view-schemas.ts';

export const LAST_EVENT_ID = 'Last-Event-ID';
export const STREAM_ROUTE = {
  path: '/events',
  id: 'followEvents',
  summary: 'What happens, as it happens: at most four times a second. Goes on behind Last-Event-ID; too far back, it begins anew.',
};

/** Four times a second is as often as a person sees. */
const GATHER_MS = 250;
/** Says that there still is a connection, to both sides and to what lies between. */
const ALIVE_MS = 15_000;
/** What is gathered before it is written early. */
const GATHERED_CHARS_MAX = 1 << 20;

export class EventStream {
  readonly #node: NodeOperations;
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #run = 0;
  #gathered = '';
  #writtenAtMs = -Infinity;
  #later: NodeJS.Timeout | null = null;
  /** Settles when the client has read what was written. */
  #read: Promise<void> = Promise.resolve();

  constructor(node: NodeOperations, response: ServerResponse, signal: AbortSignal) {
    this.#node = node;
    this.#response = response;
    this.#signal = signal;
  }

  /** Ends with the signal, or the client. `lastId`: what it has seen last, in this connection or one before. */
  async run(lastId: string | null): Promise<void> {
    const alive = setInterval(() => this.#response.write(':\n\n'), ALIVE_MS);
    try {
      const { startedAtMs } = await this.#node.status();
      this.#run = startedAtMs;
      let after = this.#sequenceOf(lastId);
      while (!this.#signal.aborted) {
        await this.#follow(after);
        after = null;
      }
    } finally {
      clearInterval(alive);
      if (this.#later !== null) clearTimeout(this.#later);
    }
  }

  /** Until the client has fallen so far behind that it must begin anew. `after` null: it begins now. */
  async #follow(after: number | null): Promise<void> {
    let beginning = after === null;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#signal, ended.signal]);
    for await (const event of this.#node.events({ ...(after !== null && { after }), progressMs: GATHER_MS, signal })) {
      if (event.type === 'lost') {
        ended.abort();
        return;
      }
      // The first numbers that a listener hears are those of all transfers.
      if (event.type === 'progress' && beginning) await this.#send(await this.#snapshot(event));
      else if (event.type !== 'progress' || event.transfers.length + event.fetches.length > 0) await this.#send(event);
      if (event.type === 'progress') beginning = false;
    }
  }

  async #snapshot({ sequence, atMs, transfers, fetches }: NodeEvent & { readonly type: 'progress' }): Promise<Snapshot> {
    // Views are read-only, which a schema's output is not: nobody changes either.
    return { type: 'snapshot', sequence, atMs, node: await this.#node.status(), transfers, fetches } as Snapshot;
  }

  /** Gathers, so that the client hears of something four times a second at most, and waits for one that reads slowly. */
  async #send(message: NodeEvent | Snapshot): Promise<void> {
    await this.#read;
    const { type, sequence } = message;
    this.#gathered += `id: ${this.#run}-${sequence}\nevent: ${type}\ndata: ${JSON.stringify(message)}\n\n`;
    const dueInMs = this.#writtenAtMs + GATHER_MS - performance.now();
    if (dueInMs <= 0 || this.#gathered.length > GATHERED_CHARS_MAX) this.#write();
    else this.#later ??= setTimeout(() => this.#write(), dueInMs);
  }

  #write(): void {
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = null;
    const text = this.#gathered;
    this.#gathered = '';
    if (text === '' || this.#signal.aborted) return;
    this.#writtenAtMs = performance.now();
    if (this.#response.write(text)) return;
    this.#read = new Promise<void>((resolve) => {
      const go = (): void => {
        this.#response.off('drain', go);
        this.#signal.removeEventListener('abort', go);
        resolve();
      };
      this.#response.once('drain', go);
      this.#signal.addEventListener('abort', go, { once: true });
    });
  }

  /** The number of an event of this run of the node; null for one of another run, or none. */
  #sequenceOf(id: string | null): number | null {
    const match = /^(\d{1,16})-(\d{1,16})$/.exec(id ?? '');
    return match !== null && Number(match[1]) === this.#run ? Number(match[2]) : null;
  }
}
