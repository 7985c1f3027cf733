import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatEndpoint } from '../core/endpoint.ts';
import { planDht } from './dht-plan.ts';
import { KnownNodes } from './mainline-dht.ts';

const NEAR = '127.0.0.1:6881';
const FAR = '192.0.2.7:6881';

/** A plan in short: its nodes, and whether strangers and other machines are asked. */
async function planned(...[use, listenHost, names]: Parameters<typeof planDht>): Promise<string> {
  const plan = await planDht(use, listenHost, names);
  if (plan === null) return 'none';
  return [...plan.nodes.map(formatEndpoint), plan.public ? 'public' : '', plan.reachesElsewhere ? 'elsewhere' : '']
    .filter(Boolean)
    .join(' ');
}

test('a node that only this machine reaches has no DHT, unless it is told so or a node is named', async () => {
  assert.equal(await planned('auto', '127.0.0.1', []), 'none');
  assert.equal(await planned('auto', '::1', []), 'none');
  assert.equal(await planned('on', '127.0.0.1', []), '');
  assert.equal(await planned('auto', '127.0.0.1', [NEAR]), NEAR);
  assert.equal(await planned('off', '::', [NEAR]), 'none');
});

test('strangers are asked only by who lets other machines in, and other machines by who names one', async () => {
  assert.equal(await planned('auto', '::', []), 'public elsewhere');
  assert.equal(await planned('auto', '192.0.2.1', []), 'public elsewhere');
  assert.equal(await planned('auto', '127.0.0.1', [FAR]), `${FAR} elsewhere`);
});

test('a node that is no address is a usage failure', async () => {
  await assert.rejects(planDht('auto', '127.0.0.1', ['nowhere']), { kind: 'usage' });
});

test('contacts outlive a run, and a damaged file is as good as none', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-known-nodes-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'dht-nodes.json');
  const known = new KnownNodes(file);
  assert.equal(known.recall(), null);
  known.keep({ id: '00', contacts: ['0a', '0b'] });
  assert.deepEqual(known.recall(), { id: '', contacts: ['0a', '0b'] });
  known.keep({ id: '00', contacts: [] });
  assert.equal(readFileSync(file, 'utf8'), '["0a","0b"]');
  for (const text of ['', '{"contacts":1}', `["${'0'.repeat(2 << 20)}"]`]) {
    writeFileSync(file, text);
    assert.equal(known.recall(), null);
  }
  writeFileSync(file, '[1,"0c",null]');
  assert.deepEqual(known.recall()?.contacts, ['0c']);
});
