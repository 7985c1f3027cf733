import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LogFile, withoutSecrets } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-log-'));
after(() => rmSync(folder, { recursive: true }));

test('a log has a line of JSON per event, and only from its level on', () => {
  const log = new LogFile(join(folder, 'a/node.log'), 'info');
  log.write('debug', 'too small');
  log.write('warn', 'disk is filling', { free: 5 });
  log.close();
  const lines = readFileSync(log.path, 'utf8').trim().split('\n');
  const row = JSON.parse(lines[0] as string) as Record<string, unknown>;
  assert.deepEqual([lines.length, row.level, row.msg, row.free, typeof row.time], [1, 40, 'disk is filling', 5, 'number']);
  assert.equal(statSync(log.path).mode & 0o777, 0o600);
});

test('a log takes a bounded place on disk however much is written', () => {
  const log = new LogFile(join(folder, 'b/node.log'), 'info', 1_000);
  for (let count = 0; count < 200; count++) log.write('info', `line ${count}`);
  log.close();
  assert.deepEqual(readdirSync(join(folder, 'b')).sort(), ['node.log', 'node.log.1', 'node.log.2', 'node.log.3']);
  for (const name of readdirSync(join(folder, 'b'))) assert.ok(statSync(join(folder, 'b', name)).size <= 1_000, name);
  assert.match(readFileSync(log.path, 'utf8'), /"msg":"line 199"\}\n$/);
  assert.ok(!existsSync(`${log.path}.4`));
});

test('keys and passwords in addresses do not get into a log', () => {
  assert.equal(withoutSecrets('at http://u:p@tracker.example:80/abc123/announce?passkey=1 it'), 'at http://tracker.example:80/… it');
  assert.equal(withoutSecrets('udp://t.example:6969/announce'), 'udp://t.example:6969/…');
  assert.equal(withoutSecrets('"magnet:?xt=urn:btih:00ff&tr=http%3A%2F%2Ft%2Fsecret"'), '"magnet:?xt=urn:btih:00ff"');
});
