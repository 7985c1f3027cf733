/** An overlay of real processes, each a `kith dht join` of its own on loopback, in rooms of one folder. Owns the processes; they end with the test. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Random } from '../../src/core/random.ts';
import { Failure } from '../../src/node/failure.ts';
import type { OverlayStatus, PointStatus } from '../../src/node/overlay.ts';
import { controlName, RemoteOverlay } from '../../src/node/overlay-control.ts';
import { complaintAbout } from './in-order.ts';
import { ProcessGroup, until } from '../interop/peers/process-group.ts';

const SCRIPT = resolve(import.meta.dirname, '../../kith');
const END_WITH_PARENT = new URL('./end-with-parent.ts', import.meta.url).href;
/** So many start at once: more would only wait for one another. */
const STARTING_MAX = 8;
const JOIN_MS_MAX = 90_000;
const SETTLE_MS_MAX = 90_000;
const END_MS_MAX = 15_000;

/** One process. */
export class Member {
  readonly name: string;
  readonly node: RemoteOverlay;
  readonly process: ProcessGroup;
  /** Its point, when the overlay was last in order. */
  id = '';
  #address: string | null = null;

  constructor(ring: ProcessRing, name: string, through: readonly string[]) {
    this.name = name;
    this.node = new RemoteOverlay(
      join(ring.folder, 'run/kith'),
      controlName(ring.overlay, name),
      () => new Failure('unreachable', `no node ${name}`, '', ''),
      ring.signal,
    );
    const args = [
      'dht',
      'join',
      ...through,
      '--overlay',
      ring.overlay,
      '--port',
      '0',
      '--name',
      name,
      '--round',
      ring.round,
      '--timeout',
      '0',
    ];
    this.process = new ProcessGroup(SCRIPT, args, {
      cwd: ring.folder,
      env: { ...ring.environment, NODE_OPTIONS: `--import=${END_WITH_PARENT}` },
      onLine: (line) => {
        this.#address ??= line;
      },
    });
  }

  /** The one line that it prints, when it is a member. */
  async joined(): Promise<string> {
    return until(`${this.name} in the overlay`, JOIN_MS_MAX, () => {
      if (this.process.exited) throw new Error(`it ended: ${this.process.lastWords}`);
      return this.#address;
    });
  }

  get address(): string {
    return this.#address ?? '';
  }

  async point(): Promise<PointStatus> {
    const status: OverlayStatus = await this.node.status();
    return status.points[0] as PointStatus;
  }

  /** In good order, by Ctrl-C or by being told; its exit code. */
  async leave(how: 'SIGINT' | 'told'): Promise<number> {
    if (how === 'SIGINT') this.process.kill('SIGINT');
    else await this.node.leave();
    return this.process.end(END_MS_MAX);
  }
}

export class ProcessRing {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-ring-'));
  readonly overlay: string;
  readonly random: Random;
  readonly round: string;
  readonly members: Member[] = [];
  readonly environment: Record<string, string>;
  readonly #given = new AbortController();

  constructor(overlay: string, seed: number, round: string) {
    this.overlay = overlay;
    this.random = new Random(seed);
    this.round = round;
    mkdirSync(join(this.folder, 'run'), { mode: 0o700 });
    this.environment = {
      PATH: process.env.PATH ?? '',
      HOME: this.folder,
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      NODE_COMPILE_CACHE: join(tmpdir(), 'kith-test-compiled'),
    };
  }

  get signal(): AbortSignal {
    return this.#given.signal;
  }

  /** The first founds it; the others join through any that are in it. */
  async grow(count: number): Promise<void> {
    while (this.members.length < count) {
      const through = this.members.length === 0 ? [] : [this.pick().address];
      const wave = Math.min(this.members.length === 0 ? 1 : STARTING_MAX, count - this.members.length);
      const fresh = Array.from({ length: wave }, (_, index) => new Member(this, `n${this.members.length + index}`, through));
      this.members.push(...fresh);
      await Promise.all(fresh.map((member) => member.joined()));
    }
  }

  pick(): Member {
    return this.members[this.random.below(this.members.length)] as Member;
  }

  /** Members in the order of their points, once nothing that they say of their neighbours is wrong. */
  async settled(): Promise<Member[]> {
    let complaint = '';
    return until(
      `an overlay of ${this.members.length} in order`,
      SETTLE_MS_MAX,
      async () => {
        const points = await Promise.all(this.members.map(async (member) => ({ member, point: await member.point() })));
        points.sort((a, b) => (a.point.id < b.point.id ? -1 : 1));
        complaint = complaintAbout(
          this.overlay,
          points.map(({ point }) => point),
        );
        for (const { member, point } of points) member.id = point.id;
        return complaint === '' && points.map(({ member }) => member);
      },
      () => complaint,
    );
  }

  /** Runs another `kith` to its end. */
  run(args: readonly string[]): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
    return new Promise((done) => {
      const options = { cwd: this.folder, env: this.environment, encoding: 'buffer', timeout: END_MS_MAX } as const;
      const child = execFile(SCRIPT, args, options, (_error, stdout, stderr) =>
        done({ code: child.exitCode, stdout, stderr: stderr.toString() }),
      );
    });
  }

  /** Takes them out of what counts as alive, without a word to them. */
  forget(gone: readonly Member[]): void {
    for (const member of gone) this.members.splice(this.members.indexOf(member), 1);
  }

  /** Ends every process and removes everything. */
  async close(): Promise<void> {
    this.#given.abort(new Error('the overlay is closed'));
    for (const { process } of this.members) process.kill('SIGKILL');
    await Promise.all(this.members.map(({ process }) => process.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
