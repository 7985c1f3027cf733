/** Players of others on what `kith stream` serves while it loads: ffprobe and mpv, with files whose index is at either end. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { runKithShare, runKithStream } from './peers/kith.ts';
import { findProgram, freePort } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const SECONDS = 20;
const MAKE_MS_MAX = 60_000;
/** Small pieces, so that head, middle and end are far apart. */
const PIECE_BYTES = 16 * 1024;
/** What the seed sends a second, as a part of what is played: a little more is all that is needed. */
const MARGIN = 1.5;
/** A machine that is busy with other tests holds up all three programs. */
const STALL_SECONDS_MAX = 0.5;
const PICTURES = ['-f', 'lavfi', '-i', `testsrc=duration=${SECONDS}:size=320x240:rate=25`];
const SOUND = ['-f', 'lavfi', '-i', `anoisesrc=duration=${SECONDS}:amplitude=0.3`];

interface Kind {
  readonly name: string;
  readonly file: string;
  /** For ffmpeg. */
  readonly make: readonly string[];
}

// Motion JPEG and raw sound are in every build, and large for what they show.
const KINDS: readonly Kind[] = [
  {
    name: 'an MP4 with its index at the end',
    file: 'film.mp4',
    make: [...PICTURES, ...SOUND, '-c:v', 'mjpeg', '-q:v', '12', '-c:a', 'aac'],
  },
  { name: 'an Ogg', file: 'song.ogg', make: [...SOUND, '-c:a', 'flac'] },
  { name: 'a Matroska with cues', file: 'film.mkv', make: [...PICTURES, ...SOUND, '-c:v', 'mjpeg', '-q:v', '12', '-c:a', 'pcm_s16le'] },
];

function missing(...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => findProgram(program) === null);
  return absent.length === 0 ? false : `${absent.join(' and ')} not installed`;
}

/** The film, made here and shared at a rate that is little more than what playing takes; a link to it. */
async function sharedFilm(bench: Workbench, { file, make }: Kind): Promise<string> {
  const path = join(await bench.place('source'), file);
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...make, path], { timeout: MAKE_MS_MAX });
  const rate = Math.ceil((readFileSync(path).length / SECONDS) * MARGIN);
  const ports = ['--tracker-port', String(await freePort())];
  const share = bench.keep(
    runKithShare(path, ['--piece-size', String(PIECE_BYTES), '--limit-up', String(rate), ...ports], { port: await freePort() }),
  );
  return share.link();
}

for (const kind of KINDS) {
  const skip = missing('ffmpeg', 'ffprobe');
  test(`ffprobe learns how long ${kind.name} lasts, long before all of it is here`, { skip, timeout: TEST_MS_MAX }, async (t) => {
    const bench = await Workbench.for(t);
    const link = await sharedFilm(bench, kind);
    const streaming = bench.keep(runKithStream(link, await bench.place('target'), [], { port: await freePort() }));
    const { url = '' } = await streaming.streamLine('stream', TRANSFER_MS_MAX);
    const ask = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', url];
    const { stdout } = await promisify(execFile)('ffprobe', ask, { timeout: TRANSFER_MS_MAX });
    assert.ok(Math.abs(Number(stdout) - SECONDS) < 0.5, stdout);
    await streaming.counters();
    const { haveBytes = 0, wantedBytes = 0 } = streaming.lines.get('progress') ?? {};
    assert.ok(haveBytes < 0.7 * wantedBytes, `${haveBytes} of ${wantedBytes} bytes`);
  });

  test(`mpv plays ${kind.name} at its own pace, seeks in it, and hardly waits`, {
    skip: skip || missing('mpv'),
    timeout: TEST_MS_MAX,
  }, async (t) => {
    const bench = await Workbench.for(t);
    const link = await sharedFilm(bench, kind);
    // Five seconds from the beginning, then the last five.
    const mpv = 'mpv --no-config --vo=null --ao=null --untimed=no --msg-level=all=warn';
    for (const part of [['--length=5'], [`--start=${SECONDS - 5}`]]) {
      const args = ['--player', [mpv, ...part].join(' ')];
      const streaming = bench.keep(runKithStream(link, await bench.place('target'), args, { port: await freePort() }));
      const began = performance.now();
      const { stallSeconds = 0, sentBytes = 0 } = await streaming.streamLine('done', TRANSFER_MS_MAX);
      assert.ok(performance.now() - began > 4_000, 'it has not played for five seconds');
      assert.ok(sentBytes > 0);
      assert.ok(stallSeconds < STALL_SECONDS_MAX, `${stallSeconds} s`);
    }
  });
}
