/** A peer program driven by lines on stdin that answers with JSON lines: the shape that our libtorrent and webtorrent scripts share. */

import { START_MS_MAX, type RunningPeer } from './peer.ts';
import { ProcessGroup, until } from './process-group.ts';

/** One line of a script: `started`, `ready`, `progress`, `first`, `done`, `counters`, `saved` or `error`; times in ms since it added the torrents. */
export interface PeerEvent {
  readonly event: string;
  /** When the line arrived here, in the ms of `performance.now()`. */
  readonly atMs: number;
  readonly ms?: number;
  readonly progress?: number;
  readonly complete?: boolean;
  readonly message?: string;
  readonly sent?: number;
  readonly received?: number;
  readonly count?: number;
}

const ASK_MS_MAX = 10_000;
const FINISH_MS_MAX = 60_000;

export interface JsonLinesOptions {
  /** Written to the program's stdin at once: options can be longer than a command line may be. */
  readonly firstLine?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export class JsonLinesPeer implements RunningPeer {
  readonly name: string;
  readonly endpoint: string;
  readonly group: ProcessGroup;
  readonly events: PeerEvent[] = [];
  readonly #wakers = new Set<() => void>();

  constructor(name: string, port: number, command: string, args: readonly string[], options: JsonLinesOptions = {}) {
    this.name = name;
    this.endpoint = `127.0.0.1:${port}`;
    const env = options.env === undefined ? {} : { env: options.env };
    this.group = new ProcessGroup(command, args, { ...env, onLine: (line) => this.#read(line) });
    if (options.firstLine !== undefined) this.group.write(options.firstLine);
    this.group.child.on('close', () => this.#wake());
  }

  get pid(): number {
    return this.group.pid;
  }

  async ready(): Promise<this> {
    try {
      await this.event('ready', START_MS_MAX);
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Payload bytes sent so far. */
  counters(): Promise<PeerEvent> {
    return this.ask('counters');
  }

  async dial(endpoint: string): Promise<boolean> {
    const colon = endpoint.lastIndexOf(':');
    this.group.write(`dial ${endpoint.slice(0, colon)} ${endpoint.slice(colon + 1)}`);
    return true;
  }

  async progress(): Promise<number> {
    return (await this.ask('progress')).progress ?? 0;
  }

  async done(timeoutMs: number): Promise<void> {
    await until(
      'a complete download',
      timeoutMs,
      async () => (await this.ask('progress')).complete === true,
      () => this.group.lastWords,
    );
  }

  /** Sends a command and waits for the next event of its name. */
  async ask(command: string): Promise<PeerEvent> {
    const from = this.events.length;
    this.group.write(command);
    return this.event(command, ASK_MS_MAX, from);
  }

  /** The first event of that name at or after `from`, waiting up to `timeoutMs`. */
  async event(name: string, timeoutMs: number, from = 0): Promise<PeerEvent> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.events.slice(from).find((event) => event.event === name);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.group.exited)
        throw new Error(`expected "${name}" of ${this.name} within ${timeoutMs} ms; ${this.group.lastWords}`);
      await this.#wait(left);
    }
  }

  /** Ends in an orderly way: everything written, profiles included. */
  async finish(): Promise<void> {
    this.group.write('quit');
    await this.group.end(FINISH_MS_MAX);
  }

  async stop(): Promise<void> {
    await this.group.stop();
  }

  /** The events that a line stands for; our own scripts already write them as they are wanted. */
  protected translate(line: object): PeerEvent[] {
    return [{ ...(line as PeerEvent), atMs: performance.now() }];
  }

  #read(line: string): void {
    if (!line.startsWith('{')) return;
    this.events.push(...this.translate(JSON.parse(line) as object)); // Our own scripts write these lines.
    this.#wake();
  }

  #wake(): void {
    for (const waker of this.#wakers) waker();
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#wakers.add(finish);
    });
  }
}
