/** Requests that nobody means: whatever comes is answered, and none of it is taken for a fault of ours. KITH_SEED=n repeats a failure. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ZodError } from 'zod';
import { Random } from '../../src/core/random.ts';
import { problemAnswer } from '../../src/node/api/problem-answer.ts';
import { MACHINE_ROUTES } from '../../src/node/api/machine-routes.ts';
import { ROUTES, TORRENT_ROUTE } from '../../src/node/api/routes.ts';
import { FIELD_NAMES } from '../../src/node/api/transmission/torrent-fields.ts';
import { TransmissionRpc } from '../../src/node/api/transmission/transmission-rpc.ts';
import { SEED } from '../codec-laws.ts';
import { mutate } from '../mutate.ts';
import { ServedNode } from './served-node.ts';

const REQUESTS = 1_500;
const served = await ServedNode.open();
const ended = new AbortController();
after(async () => {
  ended.abort();
  await served.close();
});
const infoHash = await served.share('a.bin', 40_000);

const NAMES = [
  ...[
    'ids',
    'fields',
    'format',
    'filename',
    'metainfo',
    'download-dir',
    'paused',
    'labels',
    'files-wanted',
    'files-unwanted',
    'priority-high',
  ],
  ...['queuePosition', 'uploadLimit', 'uploadLimited', 'seedRatioLimit', 'seedRatioMode', 'seedIdleMode', 'location', 'move', 'path'],
  ...[
    'speed-limit-up',
    'speed-limit-up-enabled',
    'idle-seeding-limit',
    'download_dir',
    'link',
    'folder',
    'only',
    'files',
    'priority',
    'to',
    'value',
  ],
  ...['infoHash', 'key', 'state', 'data', 'seedRatio', 'uploadRateMax', '__proto__', 'constructor'],
];
const METHODS = [
  ...['torrent-get', 'torrent-add', 'torrent-set', 'torrent-start', 'torrent-start-now', 'torrent-stop', 'torrent-reannounce'],
  ...[
    'torrent-set-location',
    'queue-move-top',
    'queue-move-down',
    'session-get',
    'session-set',
    'session-stats',
    'free-space',
    'port-test',
  ],
  ...['torrent_get', 'torrent_set', 'constructor', '', 7, null],
];

function strangeValue(random: Random, depth = 0): unknown {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  switch (random.below(depth > 3 ? 6 : 8)) {
    case 0:
      return pick([null, true, false]);
    case 1:
      return pick([0, 1, -1, 2, 0.5, 1e9, -1e308, Number.MAX_SAFE_INTEGER, 99]);
    case 2:
      return pick([
        '',
        'x',
        '\0',
        '/',
        '/etc',
        served.downloads,
        `${served.downloads}/a`,
        '..',
        '٣',
        'all',
        'table',
        'recently-active',
        'top',
        'skip',
      ]);
    case 3:
      return pick([infoHash, 'f'.repeat(40), `magnet:?xt=urn:btih:${'c'.repeat(40)}&x.pe=127.0.0.1:1`, 'magnet:?', 'bm90aGluZw==']);
    case 4:
      return pick(FIELD_NAMES);
    case 5:
      return pick(NAMES);
    case 6:
      return Array.from({ length: random.below(4) }, () => strangeValue(random, depth + 1));
    default:
      return strangeFields(random, depth + 1);
  }
}

function strangeFields(random: Random, depth = 0): Record<string, unknown> {
  const fields = Array.from({ length: random.below(5) }, () => [NAMES[random.below(NAMES.length)] as string, strangeValue(random, depth)]);
  return Object.fromEntries(fields) as Record<string, unknown>;
}

test('whatever is asked by the RPC is answered', async () => {
  const random = new Random(SEED);
  const faults: unknown[] = [];
  const rpc = new TransmissionRpc(served.node, ended.signal, (error) => faults.push(error));
  const { headers } = await rpc.answer('POST', {}, '');
  const id = { 'x-transmission-session-id': headers['X-Transmission-Session-Id'] };
  for (let count = 0; count < REQUESTS; count++) {
    const method = METHODS[random.below(METHODS.length)];
    const given = random.chance(0.9) ? strangeFields(random) : strangeValue(random);
    const request = random.chance(0.7) ? { method, arguments: given, tag: 1 } : { jsonrpc: '2.0', method, params: given, id: 1 };
    const text = JSON.stringify(request);
    const body = random.chance(0.9) ? text : Buffer.from(mutate([Buffer.from(text)], random)).toString('utf8');
    const { status } = await rpc.answer('POST', id, body);
    assert.ok([200, 204].includes(status), `seed ${SEED}: ${body}`);
    assert.deepEqual(faults, [], `seed ${SEED}: ${body}`);
  }
});

test('whatever is asked of the routes is done, or refused with a reason', async () => {
  const random = new Random(SEED + 1);
  const routes = [...ROUTES, ...MACHINE_ROUTES].filter(({ id }) => id !== 'removeTransfer');
  for (let count = 0; count < REQUESTS; count++) {
    const route = routes[random.below(routes.length)] as (typeof routes)[number];
    const meant = route.path.startsWith('/lab/')
      ? { world: '1', node: '3', run: '1' }
      : route.path.includes('{key}')
        ? { key: 'limit.up' }
        : { infoHash };
    const params = random.chance(0.8) ? meant : strangeFields(random);
    const input = { params, query: random.chance(0.5) ? {} : strangeFields(random), body: strangeFields(random) };
    const what = `seed ${SEED}: ${route.id} ${JSON.stringify(input)}`;
    await route.run(served.node, input, served.machine).catch((error: unknown) => assert.ok(isRefusal(error), `${what}: ${String(error)}`));
  }
  for (let count = 0; count < REQUESTS; count++) {
    const bytes = random.fill(new Uint8Array(random.below(64)));
    await assert.rejects(TORRENT_ROUTE.run(served.node, {}, bytes), isRefusal, `seed ${SEED}: ${count}`);
  }
});

function isRefusal(error: unknown): boolean {
  return error instanceof ZodError || !problemAnswer(error).isFault;
}
