/** Programs that insist on encryption, with kith on either end of the line: what kith does by default, and when it insists as well. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { getAndCompare, leechFromKith, oddContent, TEST_MS_MAX } from './kith-run.ts';
import { NO_TRACKER } from './peers/content.ts';
import { libtorrent } from './peers/libtorrent.ts';
import type { PeerProgram } from './peers/peer.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

/** What the program insists on, and what kith is told. */
const CASES = [
  { encryption: 'handshake', words: 'an encrypted handshake', args: [] },
  { encryption: 'rc4', words: 'RC4', args: [] },
  { encryption: 'rc4', words: 'RC4, as it does itself', args: ['--encryption', 'require'] },
] as const;

for (const program of PROGRAMS) {
  const options = { skip: program.missing() ?? false, timeout: TEST_MS_MAX };
  for (const each of CASES) {
    test(`${program.name} seeds to kith and insists on ${each.words}`, options, (t) => theySeed(t, program, each));
    test(`kith seeds to ${program.name}, which insists on ${each.words}`, options, (t) =>
      leechFromKith(t, program, 'torrent', { args: each.args, program: { encryption: each.encryption } }),
    );
  }
}

const skip = libtorrent.missing() ?? false;
test('who insists on encryption is not reached by kith without: that the others were shows that they spoke it', {
  skip,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const { folder, torrent } = content;
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: torrent.path, folder, encryption: 'handshake' });
  await assert.rejects(getAndCompare(bench, torrent.path, content, ['--peer', seed.endpoint, '--encryption', 'off', '--timeout', '4']));
});

/** kith dials: plainly first, and then as it has to. */
async function theySeed(t: TestContext, program: PeerProgram, { encryption, args }: (typeof CASES)[number]): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const { folder, torrent } = content;
  const seed = await bench.start(program, { role: 'seed', torrent: torrent.path, folder, encryption });
  await getAndCompare(bench, torrent.path, content, ['--peer', seed.endpoint, ...args]);
}
