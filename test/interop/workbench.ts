/** The folder, the processes and the clean-up of one interop test: whatever it starts through here ends with the test. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PeerOptions, PeerProgram, RunningPeer } from './peers/peer.ts';
import { freePort } from './peers/process-group.ts';

interface Stoppable {
  stop(): Promise<void>;
}

export class Workbench {
  readonly folder: string;
  readonly #running: Stoppable[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A workbench that is cleared when the test ends, however it ends. */
  static async for(t: TestContext): Promise<Workbench> {
    const bench = new Workbench(await mkdtemp(join(tmpdir(), 'kith-interop-')));
    t.after(() => bench.#clear());
    return bench;
  }

  /** A fresh folder of that name. */
  async place(name: string): Promise<string> {
    const folder = join(this.folder, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async start(program: PeerProgram, options: Omit<PeerOptions, 'port'> & { readonly port?: number }): Promise<RunningPeer> {
    return this.keep(await program.start({ ...options, port: options.port ?? (await freePort()) }));
  }

  /** Hands a started program over to the clean-up. */
  keep<T extends Stoppable>(running: T): T {
    this.#running.push(running);
    return running;
  }

  async #clear(): Promise<void> {
    await Promise.allSettled(this.#running.reverse().map((running) => running.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
