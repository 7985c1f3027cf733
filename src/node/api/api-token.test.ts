import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Failure } from '../failure.ts';
import { ApiToken } from './api-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-token-'));
after(() => rmSync(folder, { recursive: true }));

function kindOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Failure).kind;
  }
  return 'none';
}

test('a token is made once, for its owner alone, and is the same from then on', () => {
  const path = join(folder, 'deep', 'token');
  const first = ApiToken.in(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(first.text, /^[\w-]{43}$/);
  assert.equal(ApiToken.in(path).text, first.text);
  assert.equal(readFileSync(path, 'utf8'), `${first.text}\n`);
  assert.notEqual(ApiToken.in(join(folder, 'another')).text, first.text);
});

test('a file that others may read is refused, so is a token that can be guessed, and one that is no token', () => {
  const path = join(folder, 'own');
  const write = (text: string): string => {
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  write(`${'k'.repeat(32)}\n`);
  assert.ok(ApiToken.in(path).is('k'.repeat(32)));
  chmodSync(path, 0o640);
  assert.equal(
    kindOf(() => ApiToken.in(path)),
    'denied',
  );
  for (const text of ['', 'short', 'k'.repeat(31), `${'k'.repeat(40)} ${'k'.repeat(40)}`, 'k'.repeat(1_000)]) {
    assert.equal(
      kindOf(() => ApiToken.in(write(text))),
      'integrity',
      text.slice(0, 10),
    );
  }
});
