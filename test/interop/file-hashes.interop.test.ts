/** Others name files as we do: rhash computes Tiger trees, ed2k hashes and SHA-1 of the same bytes. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { base32Of } from '../../src/core/base32.ts';
import { hexOf } from '../../src/core/hex.ts';
import { Random } from '../../src/core/random.ts';
import { FileDigests } from '../../src/node/library/file-digests.ts';
import { findProgram } from './peers/process-group.ts';

const SEED = Number(process.env.KITH_SEED ?? Date.now() % 1_000_000);
const LENGTHS = [0, 1, 1024, 1025, 100_000, 9_727_999, 9_728_001, 20_000_000];

const folder = mkdtempSync(join(tmpdir(), 'kith-hashes-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const skip = findProgram('rhash') === null ? 'rhash is not installed' : false;

test(`rhash and kith name files alike, seed ${SEED}`, { skip }, () => {
  const random = new Random(SEED);
  for (const length of LENGTHS) {
    const bytes = random.fill(new Uint8Array(length));
    const file = join(folder, `${length}.bin`);
    writeFileSync(file, bytes);
    const digests = new FileDigests(length);
    digests.update(bytes);
    const { sha1, tiger, ed2k } = digests.digest().hashes;
    const theirs = execFileSync('rhash', ['--printf', '%{sha1} %{tth} %{ed2k}', file], { encoding: 'utf8' }).trim();
    assert.equal(
      `${hexOf(sha1 as Uint8Array)} ${base32Of(tiger as Uint8Array).toLowerCase()} ${hexOf(ed2k as Uint8Array)}`,
      theirs,
      `${length} bytes`,
    );
  }
});
