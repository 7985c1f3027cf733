/** Processes that are stopped and continued, as by Ctrl-Z and fg or a closed lid: they go on, and time that they slept is not held against anybody. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { Room } from '../cli/kith-process.ts';

const STOPPED_MS = 3_000;

const room = new Room();
after(() => room.close());

for (const who of ['seed', 'download'] as const) {
  test(`a ${who} that is stopped for longer than the other waits goes on when it is continued`, async () => {
    const content = randomBytes(3_000_000);
    const file = join(room.folder, who, 'content');
    mkdirSync(join(room.folder, who));
    writeFileSync(file, content);
    const sharing = room.start(['share', file, '--limit-up', '2MB', '--port', '0', '--tracker-port', '0']);
    const to = join(room.folder, `${who} to`);
    // The seed may be away for longer than that; our own sleep may not count.
    const timeout = who === 'seed' ? '30' : '2';
    const getting = room.start(['get', '--json', await sharing.link(), '-o', to, '--timeout', timeout]);
    await getting.saying(/"haveBytes":[1-9]/);
    const stopped = who === 'seed' ? sharing : getting;
    stopped.kill('SIGSTOP');
    await elapsed(STOPPED_MS);
    stopped.kill('SIGCONT');
    const { code, stderr } = await getting.ended;
    assert.equal(code, 0, stderr);
    assert.ok(readFileSync(join(to, 'content')).equals(content));
    sharing.kill('SIGINT');
    assert.equal((await sharing.ended).code, 130);
  });
}
