/**
 * kill -9 at random moments, on both sides of a transfer. KITH_KILLS=n kills n times instead of 12; KITH_SEED=n repeats a failure as
 * far as processes repeat at all.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { Random } from '../../src/core/random.ts';
import { events, type KithProcess, type Outcome, Room } from '../cli/kith-process.ts';

const KILLS = Number(process.env.KITH_KILLS ?? 12);
const SEED = Number(process.env.KITH_SEED ?? Date.now() % 1_000_000);
/** No process of a test lives for more than a minute. */
const KILLS_PER_SEED = 40;
const PIECE_BYTES = 32 << 10;
/** Files that begin and end within pieces, one that lies within a piece, one without a byte. */
const FILES: Readonly<Record<string, number>> = { 'a.bin': 2_000_003, 'b/c.bin': 300_001, 'b/d': 17, 'b/empty': 0, 'e.bin': 4_100_000 };

const random = new Random(SEED);
const room = new Room();
const origin = join(room.folder, 'origin/things');
let content = Buffer.alloc(0);

before(() => {
  mkdirSync(join(origin, 'b'), { recursive: true });
  content = Buffer.concat(
    Object.entries(FILES).map(([name, length]) => {
      const bytes = Buffer.from(random.fill(new Uint8Array(length)));
      writeFileSync(join(origin, name), bytes);
      return bytes;
    }),
  );
});
after(() => room.close());

function share(...more: string[]): KithProcess {
  return room.start(['share', origin, '--piece-size', '32KiB', '--limit-up', '4MB', ...more]);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where each piece lies in the files laid end to end; in v2 each ends with its file (BEP 52). */
function piecesOf(version: Version): Range[] {
  const parts = version === '1' ? [content.length] : Object.values(FILES);
  const pieces: Range[] = [];
  let from = 0;
  for (const length of parts) {
    for (let at = 0; at < length; at += PIECE_BYTES) pieces.push({ start: from + at, end: from + Math.min(length, at + PIECE_BYTES) });
    from += length;
  }
  return pieces;
}

type Version = '1' | '2' | 'hybrid';

/** By piece: whether the bytes below the folder are right. */
function rightOnDisk(to: string, pieces: readonly Range[]): boolean[] {
  const found = Buffer.concat(
    Object.entries(FILES).map(([name, length]) => {
      const whole = Buffer.alloc(length, 0xff);
      try {
        readFileSync(join(to, 'things', name)).copy(whole);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
      }
      return whole;
    }),
  );
  return pieces.map(({ start, end }) => found.subarray(start, end).equals(content.subarray(start, end)));
}

function bytesOf(right: readonly boolean[], pieces: readonly Range[]): number {
  return pieces.reduce((sum, { start, end }, piece) => sum + (right[piece] === true ? end - start : 0), 0);
}

/** What a run said that it had: when its content had been looked at, and last. */
function reported({ stdout }: Outcome): { atStart: number | null; last: number; taken: number } {
  const told = events(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).filter(({ state }) => state === 'downloading' || state === 'seeding');
  const [first, last] = [told[0], told.at(-1)].map((event) => Number(event?.haveBytes ?? 0)) as [number, number];
  return { atStart: told.length === 0 ? null : first, last, taken: Number(told.at(-1)?.downloadedBytes ?? 0) };
}

const MOMENTS: readonly ((getting: KithProcess) => Promise<unknown>)[] = [
  // While it starts, connects, and fetches the metadata or checks what is there.
  () => elapsed(random.below(500)),
  async (getting) => {
    await getting.saying(/"state":"downloading"|"event":"done"/);
    await elapsed(random.below(700));
  },
  // While the record is written and everything is closed.
  async (getting) => {
    await getting.saying(/"state":"downloading"|"event":"done"/);
    await elapsed(random.below(300));
    getting.kill('SIGINT');
    await elapsed(random.below(60));
  },
];

for (const [version, kills] of [
  ['1', KILLS],
  ['2', Math.ceil(KILLS / 2)],
  ['hybrid', Math.ceil(KILLS / 2)],
] as const) {
  const title = `kill -9 at ${kills} random moments of a download (v${version}) loses no verified piece, and the bytes are right in the end`;
  test(title, () => killed(version, kills));
}

async function killed(version: Version, kills: number): Promise<void> {
  const pieces = piecesOf(version);
  const args = ['--port', '0', '--tracker-port', '0', '--version', version];
  let sharing = share(...args);
  let link = await sharing.link();
  let round = 0;
  let to = join(room.folder, `${version} to 0`);
  let had = rightOnDisk(to, pieces);
  const where = (): string => `seed ${SEED}, v${version}, kill ${round}`;
  const judge = (outcome: Outcome): void => {
    const has = rightOnDisk(to, pieces);
    const { atStart, last, taken } = reported(outcome);
    assert.deepEqual(
      had.flatMap((was, piece) => (was && !has[piece] ? [piece] : [])),
      [],
      `${where()}: pieces are gone from the disk`,
    );
    if (atStart !== null)
      assert.ok(atStart >= bytesOf(had, pieces), `${where()}: ${bytesOf(had, pieces)} bytes were right, ${atStart} were found again`);
    assert.ok(last <= bytesOf(has, pieces), `${where()}: said to have ${last} bytes, ${bytesOf(has, pieces)} are right on disk`);
    if (outcome.code === 0) {
      assert.ok(has.every(Boolean), `${where()}: not whole`);
      assert.ok(
        taken <= content.length - bytesOf(had, pieces),
        `${where()}: took ${taken} bytes with ${bytesOf(had, pieces)} of ${content.length} there`,
      );
    }
    had = has;
  };
  while (round < kills) {
    round++;
    if (round % KILLS_PER_SEED === 0) {
      sharing.kill('SIGKILL');
      await sharing.ended;
      sharing = share(...args);
      link = await sharing.link();
    }
    // Without its record everything there is hashed first, and is found again too.
    if (random.chance(0.2)) rmSync(join(room.folder, 'state/kith/get/resume'), { recursive: true, force: true });
    const getting = room.start(['get', '--json', link, '-o', to]);
    await (MOMENTS[random.below(MOMENTS.length)] as (typeof MOMENTS)[number])(getting);
    getting.kill('SIGKILL');
    const outcome = await getting.ended;
    assert.ok(outcome.code === null || outcome.code === 0 || outcome.code === 130, `${where()}: ${outcome.code} ${outcome.stderr}`);
    judge(outcome);
    if (outcome.code !== 0) continue;
    to = join(room.folder, `${version} to ${round}`);
    had = rightOnDisk(to, pieces);
  }
  const outcome = await room.run(['get', '--json', link, '-o', to]);
  assert.equal(outcome.code, 0, `${where()}: ${outcome.stderr}`);
  judge(outcome);
  sharing.kill('SIGINT');
  await sharing.ended;
}

test('a seed that is killed and comes back is found again, and the download goes on', async () => {
  const ports = ['--port', String(20_000 + random.below(10_000)), '--tracker-port', '0'];
  const first = share(...ports);
  const link = await first.link();
  const to = join(room.folder, 'to the end');
  const getting = room.start(['get', '--json', link, '-o', to]);
  await getting.saying(/"haveBytes":[1-9]\d{5}/);
  first.kill('SIGKILL');
  await first.ended;
  const second = share(...ports);
  assert.equal((await second.link()).match(/x\.pe=[^&]+/)?.[0], link.match(/x\.pe=[^&]+/)?.[0], 'another took the port meanwhile');
  const outcome = await getting.ended;
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.ok(rightOnDisk(to, piecesOf('1')).every(Boolean));
  assert.ok(reported(outcome).taken < content.length + 2 * PIECE_BYTES, 'what had come was fetched again');
  second.kill('SIGINT');
  await second.ended;
});
