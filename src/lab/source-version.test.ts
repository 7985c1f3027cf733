import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { sourceVersion } from './source-version.ts';

test('the version is a commit with what was changed since, or that of the package', () => {
  assert.match(sourceVersion(null), /^(?:[0-9a-f]{12}(?:\+[0-9a-f]{8})?|\d+\.\d+\.\d+)$/);
});

test('the file of a scenario takes part: another text is another version', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-version-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mine.experiment.ts');
  const versions = ['one', 'two', 'one'].map((text) => {
    writeFileSync(file, text);
    return sourceVersion(pathToFileURL(file).href).split(' with ')[1];
  });
  assert.match(`${versions[0]}`, /^[0-9a-f]{8}$/);
  assert.deepEqual([versions[0] === versions[1], versions[0] === versions[2]], [false, true]);
});
