/** What an overlay of real processes promises to who uses it, as one story: it forms, keeps keys, outlives kills, and lets go in good order. */

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { hexOf } from '../../src/core/hex.ts';
import { until } from '../interop/peers/process-group.ts';
import { circleOf } from './in-order.ts';
import { type Member, ProcessRing } from './process-ring.ts';

export interface RingTrial {
  readonly overlay: string;
  readonly nodes: number;
  readonly keys: number;
  readonly killed: number;
  /** Processes that are killed at the same moment; among them fewer neighbours by id than a key has replicas. */
  readonly killedAtOnce: number;
  readonly leaving: number;
  /** Mean time between two rounds of stabilization, as `--round` takes it. */
  readonly round: string;
  /** Keys that the `kith` command itself reads in the end, as a client. */
  readonly commands: number;
  readonly timeoutMs: number;
}

const REPLICAS = 3;
const VALUE_BYTES_MAX = 1024;
/** So many survivors are asked for each key. */
const ASKED = 3;
const AT_ONCE = 8;
/** How long a user would try again. */
const RETRY_MS_MAX = 60_000;
const SEED = Number(process.env.KITH_SEED ?? Date.now() % 1_000_000);

export function ringLaws(trial: RingTrial): void {
  describe(`${trial.overlay} of ${trial.nodes} processes, seed ${SEED}`, { timeout: trial.timeoutMs }, () => {
    const ring = new ProcessRing(trial.overlay, SEED, trial.round);
    const values = new Map<string, Uint8Array>();
    after(() => ring.close());

    test('forms by joining through any member, all at about the same time', async () => {
      await ring.grow(trial.nodes);
      assert.equal((await ring.settled()).length, trial.nodes);
    });

    test('takes keys through any member, and gives them through any other', async () => {
      const keys = Array.from({ length: trial.keys }, () => ring.random.fill(new Uint8Array(20)));
      await each(keys, async (key) => {
        const value = ring.random.fill(new Uint8Array(ring.random.below(VALUE_BYTES_MAX + 1)));
        const { owners, replicas } = await ring.pick().node.put(key, value);
        assert.ok(owners === REPLICAS && replicas >= 2, `${replicas} of ${owners} took it`);
        values.set(hexOf(key), value);
      });
      await assertAllFound(ring, values, 1);
    });

    test(`gives every key through several survivors after ${trial.killed} processes were killed`, async () => {
      for (let left = trial.killed; left > 0; left -= trial.killedAtOnce) {
        const killed = scattered(ring, await ring.settled(), Math.min(left, trial.killedAtOnce));
        for (const { process } of killed) process.kill('SIGKILL');
        ring.forget(killed);
        await assertAllFound(ring, values, ASKED);
        await Promise.all(killed.map(({ process }) => process.stop()));
      }
      assert.equal((await ring.settled()).length, trial.nodes - trial.killed);
    });

    test(`loses nothing when ${trial.leaving} leave in good order, by Ctrl-C and by being told`, async () => {
      for (let count = 0; count < trial.leaving; count++) {
        const member = ring.pick();
        const how = count % 2 === 0 ? 'SIGINT' : 'told';
        ring.forget([member]);
        assert.equal(await member.leave(how), how === 'SIGINT' ? 130 : 0, member.process.lastWords);
      }
      await assertAllFound(ring, values, ASKED);
    });

    test('gives the bytes as they are to the command that asks from outside', async () => {
      for (const [key, value] of [...values].slice(0, trial.commands)) {
        const { code, stdout, stderr } = await ring.run([
          'dht',
          'get',
          key,
          '--hex',
          '--overlay',
          trial.overlay,
          '--via',
          ring.pick().address,
        ]);
        assert.equal(code, 0, stderr);
        assert.ok(stdout.equals(value), `key ${key}`);
      }
    });
  });
}

/** Each key, through so many members; with patience, because a node may have to find out first who is dead. */
async function assertAllFound(ring: ProcessRing, values: ReadonlyMap<string, Uint8Array>, asked: number): Promise<void> {
  await each([...values], async ([hex, value]) => {
    for (const member of ring.random.shuffle([...ring.members]).slice(0, asked)) {
      let last = '';
      await until(
        `key ${hex} through ${member.name}`,
        RETRY_MS_MAX,
        async () => {
          const found = await got(member, hex);
          last = typeof found === 'string' ? found : `${found?.length} bytes`;
          return found !== null && typeof found !== 'string' && Buffer.compare(found, value) === 0;
        },
        () => last,
      );
    }
  });
}

/** The value, null when there is none, or why that cannot be said. */
async function got(member: Member, hex: string): Promise<Uint8Array | null | string> {
  try {
    return (await member.node.get(Buffer.from(hex, 'hex'))).value;
  } catch (error) {
    return (error as Error).message;
  }
}

/** So many members of the overlay, among whom no `REPLICAS` are neighbours on a circle: as many may fail at once. */
function scattered(ring: ProcessRing, order: readonly Member[], count: number): Member[] {
  for (;;) {
    const chosen = new Set(ring.random.shuffle([...order]).slice(0, count));
    const circles = Object.values(Object.groupBy(order, ({ id }) => circleOf(ring.overlay, id)));
    const isTooMany = (circle: readonly Member[]): boolean =>
      circle.some((_, at) =>
        Array.from({ length: REPLICAS }, (__, next) => circle[(at + next) % circle.length]).every((each) => chosen.has(each as Member)),
      );
    if (!circles.some((circle) => isTooMany(circle ?? []))) return [...chosen];
  }
}

/** A few at a time. */
async function each<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const left = [...things];
  const worker = async (): Promise<void> => {
    for (let thing = left.pop(); thing !== undefined; thing = left.pop()) await work(thing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
