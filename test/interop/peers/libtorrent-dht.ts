/** Nodes of libtorrent's DHT in one process, bootstrapped at one of ours. */

import { fileURLToPath } from 'node:url';
import { ProcessGroup } from './process-group.ts';

const SCRIPT = fileURLToPath(new URL('libtorrent-dht.py', import.meta.url));
// Debian's package belongs to the system's Python, not to one that stands earlier in PATH.
const PYTHON = '/usr/bin/python3';
const WAIT_MS_MAX = 20_000;
const POLL_MS = 50;

/** One line of the script; which fields there are depends on the event. */
export interface DhtEvent {
  readonly event: string;
  readonly hash?: string;
  readonly text?: string;
  readonly seq?: number;
  readonly peers?: readonly string[];
  readonly hashes?: readonly string[];
  readonly total?: number;
  readonly port?: number;
  readonly message?: string;
}

export interface DhtCommand {
  readonly do: 'announce' | 'peers' | 'put' | 'get' | 'put-mutable' | 'get-mutable' | 'sample' | 'quiet';
  /** Which of the nodes. */
  readonly node: number;
  readonly hash?: string;
  readonly port?: number;
  readonly text?: string;
  readonly secret?: string;
  readonly public?: string;
  readonly salt?: string;
}

export class LibtorrentDht {
  readonly events: DhtEvent[] = [];
  readonly #group: ProcessGroup;

  /** `bootstrap` is `ip:port`; one node a port. `folder` is for what it would download. */
  constructor(ports: readonly number[], bootstrap: string, folder: string, settings: Readonly<Record<string, number>> = {}) {
    this.#group = new ProcessGroup(PYTHON, [SCRIPT], {
      onLine: (line) => {
        if (line.startsWith('{')) this.events.push(JSON.parse(line) as DhtEvent); // Our own script writes these lines.
      },
    });
    this.#group.write(JSON.stringify({ ports, bootstrap, folder, settings }));
  }

  get pid(): number {
    return this.#group.pid;
  }

  /** All nodes have joined. */
  async ready(count: number): Promise<this> {
    for (let left = count, from = 0; left > 0; left--) from = (await this.#next('bootstrapped', () => true, from)) + 1;
    return this;
  }

  /** Gives the command, and waits for the first event of that name that comes after it and is right. */
  async ask(command: DhtCommand, name: string, isRight: (event: DhtEvent) => boolean = () => true): Promise<DhtEvent> {
    const from = this.events.length;
    this.#group.write(JSON.stringify(command));
    return this.events[await this.#next(name, isRight, from)] as DhtEvent;
  }

  stop(): Promise<void> {
    return this.#group.stop();
  }

  async #next(name: string, isRight: (event: DhtEvent) => boolean, from: number): Promise<number> {
    const deadline = Date.now() + WAIT_MS_MAX;
    for (;;) {
      const index = this.events.findIndex((event, at) => at >= from && event.event === name && isRight(event));
      if (index >= 0) return index;
      if (Date.now() > deadline || this.#group.exited) {
        throw new Error(
          `expected "${name}" within ${WAIT_MS_MAX} ms, got ${JSON.stringify(this.events.slice(from))}; ${this.#group.lastWords}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
