import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Failure } from '../failure.ts';
import { TransferList } from './transfer-list.ts';
import { newRecord, type TransferRecord } from './transfer-record.ts';

const root = mkdtempSync(join(tmpdir(), 'kith-list-'));
after(() => rmSync(root, { recursive: true }));
let folders = 0;

function folder(): string {
  return join(root, String(++folders));
}

function record(digit: string, but: Partial<TransferRecord> = {}): TransferRecord {
  return newRecord({ infoHash: digit.repeat(40), infoHashV2: null, name: digit, location: '/x', addedAtMs: 1, ...but });
}

function reopened(state: string): TransferRecord[] {
  const list = TransferList.open(state);
  const all = list.all();
  list.close();
  return all;
}

/** Changes the database behind the back of the list. */
function meddle(state: string, sql: string): void {
  const database = new DatabaseSync(join(state, 'transfers.sqlite'));
  database.exec(sql);
  database.close();
}

test('what was written is there again, in the order of the queue', () => {
  const state = folder();
  const list = TransferList.open(state);
  const records = [record('a', { labels: ['x'], problem: { kind: 'failed', message: 'm', why: 'w', next: 'n' } }), record('b')];
  list.write(records, ({ name }) => (name === 'a' ? 2 : 1));
  list.close();
  assert.deepEqual(reopened(state), [records[1], records[0]]);
});

test('several are written all or none', () => {
  const state = folder();
  const list = TransferList.open(state);
  const strange = { ...record('b'), infoHash: Symbol('no hash') as unknown as string };
  assert.throws(() => list.write([record('a'), strange], () => 0));
  list.write([record('c')], () => 0);
  list.close();
  assert.deepEqual(
    reopened(state).map(({ name }) => name),
    ['c'],
  );
});

test('a row of an older kith gets the defaults of what it does not know, and a damaged one is left alone', () => {
  const state = folder();
  TransferList.open(state).close();
  meddle(
    state,
    `INSERT INTO transfers VALUES ('1', 1, '{"infoHash":"${'a'.repeat(40)}","infoHashV2":null,"name":"old","location":"/x","addedAtMs":5}'),
      ('2', 2, '{"infoHash":"short"}'), ('3', 3, 'no JSON'), ('4', 4, 'null')`,
  );
  assert.deepEqual(reopened(state), [record('a', { name: 'old', addedAtMs: 5 })]);
});

test('the list of a newer kith is refused and left as it is', () => {
  const state = folder();
  TransferList.open(state).close();
  meddle(state, 'PRAGMA user_version = 99');
  assert.throws(
    () => TransferList.open(state),
    (error: Failure) => /of a newer kith/.test(error.message),
  );
});

test('what is no database is a failure that names the file, which stays', () => {
  const state = folder();
  TransferList.open(state).close();
  const file = join(state, 'transfers.sqlite');
  writeFileSync(file, 'something else, and long enough to be looked at'.repeat(50));
  assert.throws(
    () => TransferList.open(state),
    (error: Failure) => error.next.includes(file),
  );
  assert.match(readFileSync(file, 'utf8'), /^something else/);
});

test('a damaged .torrent beside the list is as good as none', () => {
  const state = folder();
  const list = TransferList.open(state);
  writeFileSync(join(state, 'torrents', `${'a'.repeat(40)}.torrent`), 'd4:infod');
  assert.equal(list.metainfo('a'.repeat(40)), null);
  assert.equal(list.metainfo('b'.repeat(40)), null);
  list.close();
});
