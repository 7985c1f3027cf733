/** Runs `./kith` as a person would, in rooms of its own: separate home, XDG folders and working folder. Owns the processes it starts. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const SCRIPT = resolve(import.meta.dirname, '../../kith');
/** Longer than any command here takes on a busy machine. */
const PATIENCE_MS = 60_000;
/** Longer than all tests of a file: what was started for all of them lives until its room is closed. */
const LIFE_MS_MAX = 600_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of its own, as far as kith can tell. */
export class Room {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-cli-'));
  readonly here = join(this.folder, 'here');
  readonly #running = new Set<KithProcess>();
  readonly #script: string;

  /** `script`: what is run in place of `./kith`; one in TypeScript is run by the Node of the tests. */
  constructor(script = SCRIPT) {
    this.#script = script;
    mkdirSync(this.here);
  }

  environment(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_DATA_HOME: join(this.folder, 'data'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      XDG_CACHE_HOME: join(this.folder, 'cache'),
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      // Compiled sources are shared: only the first start of a test run compiles.
      NODE_COMPILE_CACHE: join(tmpdir(), 'kith-test-compiled'),
      ...more,
    };
  }

  start(args: readonly string[], environment: Record<string, string> = {}, cwd = this.here, lifeMsMax = LIFE_MS_MAX): KithProcess {
    const started = new KithProcess(args, this.environment(environment), cwd, lifeMsMax, this.#script);
    this.#running.add(started);
    void started.ended.then(() => this.#running.delete(started));
    return started;
  }

  run(args: readonly string[], environment: Record<string, string> = {}, cwd = this.here): Promise<Outcome> {
    return this.start(args, environment, cwd, PATIENCE_MS).ended;
  }

  /** Ends what still runs and removes everything. */
  async close(): Promise<void> {
    const running = [...this.#running];
    for (const each of running) each.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class KithProcess {
  readonly ended: Promise<Outcome>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #words: string;
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(args: readonly string[], environment: Record<string, string>, cwd: string, lifeMsMax: number, script = SCRIPT) {
    this.#words = `kith ${args.join(' ')}`;
    const command = script.endsWith('.ts') ? [process.execPath, script] : [script];
    this.#child = spawn(command[0] as string, [...command.slice(1), ...args], { env: environment, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (stream: 'stdout' | 'stderr'): void => {
      this.#child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text;
        this.#wake();
      });
    };
    collect('stdout');
    collect('stderr');
    const late = setTimeout(() => this.kill('SIGKILL'), lifeMsMax);
    this.ended = new Promise((done) => {
      this.#child.on('close', (code) => {
        clearTimeout(late);
        this.#over = true;
        this.#wake();
        done({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** The process itself: the script replaces itself by Node. */
  get pid(): number {
    return this.#child.pid as number;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first match in what it has written so far or writes later. Rejects when it ends without. */
  async saying(pattern: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[where]);
      if (match !== null) return match;
      if (this.#over) throw new Error(`${this.#words} ended without saying ${pattern}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
      await new Promise<void>((woken) => this.#waiting.push(woken));
    }
  }

  /** The magnet link that share and up print. */
  async link(): Promise<string> {
    return (await this.saying(/^magnet:\?\S+$/m))[0];
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const woken of waiting) woken();
  }
}

/** The lines of `--json` output, parsed. Throws when one is no JSON. */
export function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
