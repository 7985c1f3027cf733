import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contact } from './contact.ts';
import { Id160 } from './id160.ts';
import { Known } from './known.ts';

function known(rttMs: number): Known {
  return new Known(new Contact(new Id160(1, 0, 0, 0, 0), 0, new Uint8Array(6)), rttMs);
}

test('answers that always take as long are never late, however long there were no others', () => {
  for (const rttMs of [0.2, 1, 80, 1000]) {
    const node = known(rttMs);
    for (let count = 0; count < 200; count++) node.heard(rttMs);
    assert.ok(node.slowMs > rttMs + 20, `${rttMs} ms: late after ${node.slowMs}`);
  }
});

test('RFC 6298: the mean follows slowly, and who varies is waited for longer', () => {
  const [steady, changing] = [known(100), known(100)];
  for (let count = 0; count < 50; count++) {
    steady.heard(100);
    changing.heard(count % 2 === 0 ? 50 : 150);
  }
  assert.ok(Math.abs(changing.rttMs - 100) < 10);
  assert.ok(changing.slowMs > steady.slowMs + 100);
  steady.heard(180);
  assert.ok(Math.abs(steady.rttMs - 110) < 0.1);
});
