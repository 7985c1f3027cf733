/** kill -9 while content is on its way to another file system. KITH_KILLS=n kills n times instead of 6. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { Random } from '../../src/core/random.ts';
import { events, Room } from '../cli/kith-process.ts';

const KILLS = Number(process.env.KITH_KILLS ?? 6);
const SEED = Number(process.env.KITH_SEED ?? Date.now() % 1_000_000);
const BYTES = 48_000_000;
const FAR = '/dev/shm';
/** Copying all of it takes about so long. */
const COPY_MS = 60;

const room = new Room();
after(() => room.close());

test(`kill -9 at ${KILLS} random moments of a move to another file system loses no byte and leaves none twice`, async (t) => {
  if (!existsSync(FAR) || statSync(FAR).dev === statSync(room.folder).dev) return t.skip('there is only one file system here');
  const far = mkdtempSync(join(FAR, 'kith-moves-'));
  t.after(() => rmSync(far, { recursive: true, force: true }));
  const random = new Random(SEED);
  const origin = join(room.folder, 'origin', 'content.bin');
  const bytes = randomBytes(BYTES);
  mkdirSync(join(room.folder, 'origin'));
  writeFileSync(origin, bytes);
  const sharing = room.start(['share', origin, '--port', '0', '--tracker-port', '0']);
  const link = await sharing.link();
  let cut = 0;
  for (let round = 0; round < KILLS; round++) {
    const final = join(room.folder, `final ${round}`);
    const state = join(room.folder, `state ${round}`);
    const environment = { KITH_GET_INCOMPLETE_FOLDER: join(far, `${round}`), XDG_STATE_HOME: state };
    const getting = room.start(['get', link, '-o', final], environment);
    const records = join(state, 'kith', 'get', 'resume');
    const journals = (): string[] => (existsSync(records) ? readdirSync(records).filter((name) => name.endsWith('.move')) : []);
    while (journals().length === 0) await elapsed(1);
    await elapsed(random.below(COPY_MS));
    getting.kill('SIGKILL');
    if ((await getting.ended).code !== 0) cut++;
    const again = await room.run(['get', link, '-o', final, '--json'], environment);
    const where = `KITH_SEED=${SEED}, round ${round}: ${again.stderr}`;
    assert.equal(again.code, 0, where);
    const done = events(again.stdout).find(({ event }) => event === 'done');
    assert.deepEqual([done?.downloadedBytes, done?.path], [0, join(final, 'content.bin')], where);
    assert.ok(readFileSync(join(final, 'content.bin')).equals(bytes), where);
    assert.deepEqual(readdirSync(environment.KITH_GET_INCOMPLETE_FOLDER), [], where);
    rmSync(final, { recursive: true });
  }
  assert.ok(cut > 0, `KITH_SEED=${SEED}: no move was cut short`);
  sharing.kill('SIGINT');
  await sharing.ended;
});
