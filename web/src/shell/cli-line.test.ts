import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { cliLine } from './cli-line.ts';

test('a shell reads back the very words', () => {
  const words = ['limit', '3', "it's", 'a b', '$HOME', '`x`', '', 'magnet:?xt=1&dn=*', 'new\nline'];
  const script = cliLine(...words).replace(/^kith/, `printf '%s\\0'`);
  assert.deepEqual(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1), words);
});

test('words that are plain stay plain', () => {
  assert.equal(cliLine('limit', '3', '--down', '500k'), 'kith limit 3 --down 500k');
});
