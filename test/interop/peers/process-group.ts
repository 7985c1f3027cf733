/** A program in a process group of its own, with its last words kept; the group ends with `stop`, or when this process exits. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const OUTPUT_CHARS_MAX = 8_000;
const TERMINATE_MS = 4_000;
const POLL_MS = 50;

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
}

const running = new Set<ProcessGroup>();
process.on('exit', () => {
  for (const group of running) group.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Without a listener a signal ends Node past its 'exit' event, and the programs would outlive the tests.
  process.on(signal, () => process.exit(130));
}

export class ProcessGroup {
  readonly child: ChildProcess;
  readonly #label: string;
  readonly #ended: Promise<void>;
  #output = '';
  exited = false;
  exitCode: number | null = null;
  #exitSignal: NodeJS.Signals | null = null;

  constructor(command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.#label = command.split('/').at(-1) ?? command;
    this.child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(this);
    this.child.stdin?.on('error', () => {}); // The program may end while it is spoken to; its exit tells.
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#output = `${this.#output}${line}\n`.slice(-OUTPUT_CHARS_MAX);
        if (stream === this.child.stdout) options.onLine?.(line);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.#exitSignal = signal;
        this.#finish(code);
        resolve();
      });
      this.child.on('error', (error) => {
        this.#output += `${error.message}\n`;
        this.#finish(127);
        resolve();
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The end of what the program printed, for messages. */
  get lastWords(): string {
    return `${this.#label}${this.exited ? ` ended with ${this.exitCode ?? this.#exitSignal}` : ''}: ${this.#output.trim() || '(printed nothing)'}`;
  }

  write(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves with the exit code; throws when the program still runs after `timeoutMs`. */
  async end(timeoutMs: number): Promise<number> {
    if (!(await this.#endsWithin(timeoutMs))) throw new Error(`expected the end within ${timeoutMs} ms; ${this.lastWords}`);
    return this.exitCode ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  async stop(): Promise<void> {
    if (!this.exited) {
      this.kill('SIGTERM');
      await this.#endsWithin(TERMINATE_MS);
    }
    // Also for a leader that ended by itself: what it left in its group goes too.
    this.kill('SIGKILL');
    await this.#endsWithin(TERMINATE_MS);
    running.delete(this);
  }

  #finish(code: number | null): void {
    this.exited = true;
    this.exitCode = code;
  }

  async #endsWithin(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#ended, timeout]);
    clearTimeout(timer);
    return this.exited;
  }
}

/** Asks until the answer is neither null nor false; a program without events has no other way to be watched. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | null | false> | T | null | false,
  details: () => string = () => '',
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() >= deadline) throw new Error(`expected ${what} within ${timeoutMs} ms. ${details()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A TCP port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address of the probe socket');
  return address.port;
}

/** The path of a program of this machine, or null. */
export function findProgram(name: string): string | null {
  try {
    return execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}
