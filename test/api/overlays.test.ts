/** Structured overlays by the API: the DHT of a node, and members of a small Chord ring that are found by their control sockets, looked at and looked up through. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sha1 } from '../../src/core/sha1.ts';
import { hexOf } from '../../src/core/hex.ts';
import { utf8Bytes } from '../../src/core/utf8.ts';
import { OVERLAY_ROUTES } from '../../src/node/api/overlay-routes.ts';
import { chordOverlay } from '../../src/node/chord-overlay.ts';
import { ControlSocket } from '../../src/node/control/control-socket.ts';
import type { LookupView, OverlaySummary, OverlayView } from '../../src/node/local-overlays.ts';
import { openMember } from '../../src/node/open-overlay.ts';
import type { OverlayNode, PointStatus } from '../../src/node/overlay.ts';
import { controlName, overlayControl } from '../../src/node/overlay-control.ts';
import { complaintAbout } from '../dht/in-order.ts';
import { until } from '../interop/peers/process-group.ts';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

const WAIT_MS_MAX = 30_000;
const runtime = mkdtempSync(join(tmpdir(), 'kith-run-'));
const first = await ServedNode.open({ KITH_DHT_USE: 'on', KITH_DHT_NODES: '127.0.0.1:9' });
const served = await ServedNode.open({
  XDG_RUNTIME_DIR: runtime,
  KITH_DHT_USE: 'on',
  KITH_DHT_NODES: `127.0.0.1:${first.node.sharing.session.port}`,
});
const ring: { readonly node: OverlayNode; readonly socket: ControlSocket }[] = [];
for (const name of ['default', 'two', 'three.b-c']) {
  const through = ring.length === 0 ? [] : [ring[0]?.node.address as string];
  const place = { listenHost: '127.0.0.1', port: 0, announceHost: '', through };
  const options = { units: 1, groups: 1, neighbours: 3, replicas: 1, roundMs: 100, founds: false, stateFile: '' };
  const node = await openMember(chordOverlay, place, options);
  await node.join();
  const control = overlayControl(Promise.resolve(node), () => node.leave());
  ring.push({ node, socket: await ControlSocket.open(join(runtime, 'kith'), controlName('chord', name), name, control) });
}
after(async () => {
  for (const { node, socket } of ring) {
    await socket.close();
    await node.close();
  }
  await served.close();
  await first.close();
  rmSync(runtime, { recursive: true });
});
const client = await DescribedClient.of(served);

async function view(name: string): Promise<OverlayView> {
  return (await client.call('getOverlay', { params: { name } })).body as unknown as OverlayView;
}

test('the own DHT of the node comes first, then what runs in processes; what has ended, and files of others, are none', async () => {
  for (const name of ['dht-chord-gone', 'dht-kazaa-x', 'node', 'dht-chord-..-x']) writeFileSync(join(runtime, 'kith', `${name}.lock`), '');
  const { overlays } = (await client.call('listOverlays')).body as unknown as { overlays: OverlaySummary[] };
  assert.deepEqual(
    overlays.map(({ name, process, overlay }) => [name, process, overlay]),
    [
      ['dht', null, 'mainline'],
      ['chord-default', 'default', 'chord'],
      ['chord-three.b-c', 'three.b-c', 'chord'],
      ['chord-two', 'two', 'chord'],
    ],
  );
});

test('a member of a ring tells its neighbours, and the way to a key, to the member that owns it', async () => {
  const inOrder = (): PointStatus[] => ring.flatMap(({ node }) => node.inspect().points).sort((a, b) => (a.id < b.id ? -1 : 1));
  await until('the ring in order', WAIT_MS_MAX, () => complaintAbout('chord', inOrder()) === '');
  const { points, address } = await view('chord-two');
  assert.equal(address, ring[1]?.node.address);
  const [point] = points;
  const others = new Set(point?.neighbours.map((each) => each.address));
  assert.ok(ring.every(({ node }) => node.address === address || others.has(node.address)));
  const answer = await client.call('lookUpKey', { params: { name: 'chord-two' }, body: { key: 'zebra' } });
  const { key, owner, path } = answer.body as unknown as LookupView;
  assert.equal(key, hexOf(sha1(utf8Bytes('zebra'))));
  // The paper's definition: the first at or after the key.
  const ids = inOrder().map(({ id }) => id);
  assert.equal(owner.id, ids.find((id) => id >= key) ?? ids[0]);
  assert.ok(path.every(({ outcome, tookMs }) => outcome !== '' && tookMs >= 0));
  const again = await client.call('lookUpKey', { params: { name: 'chord-default' }, body: { key, hex: true } });
  assert.deepEqual((again.body as unknown as LookupView).owner, owner);
});

test('the node looks up in its own DHT, through whom it knows there', async () => {
  await until('somebody in the DHT', WAIT_MS_MAX, async () => (await view('dht')).points[0]?.neighbours.length === 1);
  const { state, points } = await view('dht');
  const [known] = points[0]?.neighbours ?? [];
  assert.deepEqual([state, known?.role, known?.address], ['member', 'contact', `127.0.0.1:${first.node.sharing.session.port}`]);
  const answer = await client.call('lookUpKey', { params: { name: 'dht' }, body: { key: 'ab'.repeat(20), hex: true } });
  const { owner, path } = answer.body as unknown as LookupView;
  assert.deepEqual([owner.id, path.map(({ id, outcome }) => `${id} ${outcome}`)], [known?.id, [`${known?.id} answered`]]);
});

test('a name that no node has, or can have, and a key that is none, are said', async () => {
  for (const name of ['chord-gone', 'chord-none', 'kazaa-default', 'node', '..%2F..%2Fx', 'dht-']) {
    const response = await served.ask('GET', `/api/v1/overlays/${name}`);
    assert.equal(response.status, 404, name);
  }
  const refused = await served.ask('POST', '/api/v1/overlays/dht/lookups', { body: { key: 'ab', hex: true } });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /40 hexadecimal digits/);
});

test('every operation on overlays that the document has was called with success', () => {
  const succeeded = new Set([...client.called].filter((call) => / 2\d\d$/.test(call)).map((call) => call.split(' ')[0]));
  assert.deepEqual(
    OVERLAY_ROUTES.filter(({ id }) => !succeeded.has(id)).map(({ id }) => id),
    [],
  );
});
