/** `kith share` to each real program that downloads: by the .torrent and its tracker, and by the magnet link that it printed. */

import { test } from 'node:test';
import { leechFromKith, TEST_MS_MAX } from './kith-run.ts';
import { PROGRAMS } from './peers/programs.ts';

for (const program of PROGRAMS) {
  const options = { skip: program.missing() ?? false, timeout: TEST_MS_MAX };
  for (const by of ['torrent', 'magnet'] as const) {
    const how = by === 'torrent' ? 'by its .torrent and tracker' : 'by its magnet link';
    test(`kith seeds to ${program.name}, ${how}`, options, (t) => leechFromKith(t, program, by));
  }
}
