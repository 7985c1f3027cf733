/** Simulated worlds over the API: made, watched, broken, gone back in, forked and ended by who knows nothing but the document. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { NodeState } from '../../src/lab/live/live-frame.ts';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

const served = await ServedNode.open();
after(() => served.close());
const client = await DescribedClient.of(served);

interface ShownFrame {
  readonly nowMs: number;
  readonly trace: string;
  readonly playing: boolean;
  readonly live: number;
  readonly states: string;
  readonly swarm: { readonly parts: string } | null;
  readonly log: readonly { readonly text: string }[];
}
interface ShownPlaces {
  readonly shape: string;
  readonly spots: string;
}

const PATIENCE_MS = 20_000;

/** What the world tells until a frame fits; all places that came with it. */
async function watch(world: number, fits: (frame: ShownFrame) => boolean): Promise<{ frame: ShownFrame; places: ShownPlaces[] }> {
  const response = await fetch(`${served.api.url}/api/v1/lab/worlds/${world}/frames`, {
    headers: { authorization: `Bearer ${served.token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  assert.equal(response.status, 200);
  const places: ShownPlaces[] = [];
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (data === undefined) continue;
      if (event === 'places') places.push(JSON.parse(data) as ShownPlaces);
      const frame = event === 'frame' ? (JSON.parse(data) as ShownFrame) : null;
      // Leaving the loop ends the stream.
      if (frame !== null && fits(frame)) return { frame, places };
    }
  }
  throw new Error('the stream has ended');
}

async function open(body: object): Promise<number> {
  const made = await client.call('openWorld', { body });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body['id'] as number;
}

function at(world: number): { readonly world: string } {
  return { world: String(world) };
}

const RING = { spec: { system: 'chord', nodes: 50 }, seed: 4 };

test('a world plays, is broken, goes back to where it was whole, and ends', async () => {
  const world = await open(RING);
  const params = at(world);
  assert.equal((await client.call('playWorld', { params, body: { speed: 200 } })).status, 204);
  const { frame, places } = await watch(world, ({ nowMs }) => nowMs > 10_000);
  assert.equal(places[0]?.shape, 'ring');
  assert.equal(Buffer.from(places[0]?.spots ?? '', 'base64').length, 50 * 2 * 4);
  assert.equal(Buffer.from(frame.states, 'base64').filter((state) => state === NodeState.member).length, 50);
  assert.equal((await client.call('pauseWorld', { params })).status, 204);
  assert.equal((await client.call('actOnWorld', { params, body: { kind: 'crash', nodes: [7, 8] } })).status, 204);
  const broken = await watch(world, ({ live }) => live === 48);
  assert.match(broken.frame.log.at(-1)?.text ?? '', /node 7, 8 crashed/);
  assert.equal((await client.call('stepWorld', { params })).status, 204);
  assert.equal((await client.call('seekWorld', { params, body: { atMs: 1_000 } })).status, 204);
  assert.equal((await watch(world, ({ nowMs }) => nowMs === 1_000)).frame.live, 50);
  assert.equal((await client.call('listWorlds')).status, 200);
  assert.equal((await client.call('getWorld', { params })).body['nowMs'], 1_000);
  assert.equal((await client.call('endWorld', { params })).status, 204);
  assert.equal((await client.call('getWorld', { params })).status, 404);
});

test('a fork goes its own way from the moment of the fork, and a plan makes the same world again', async () => {
  const world = await open({ ...RING, atMs: 5_000, acts: [{ atMs: 2_000, deed: { kind: 'crash-share', share: 0.2 } }] });
  const forked = await client.call('forkWorld', { params: at(world) });
  const { id, plan } = forked.body as { id: number; plan: { spec: object; seed: number; acts: object[] } };
  await client.call('actOnWorld', { params: at(id), body: { kind: 'heal' } });
  for (const each of [world, id]) await client.call('seekWorld', { params: at(each), body: { atMs: 9_000 } });
  const here = (await watch(world, ({ nowMs }) => nowMs === 9_000)).frame;
  const there = (await watch(id, ({ nowMs }) => nowMs === 9_000)).frame;
  assert.deepEqual([here.live, there.live], [40, 40]);
  const again = await open({ spec: plan.spec, seed: plan.seed, acts: plan.acts, atMs: 9_000 });
  assert.equal((await watch(again, ({ nowMs }) => nowMs === 9_000)).frame.trace, here.trace);
  for (const each of [world, id, again]) await client.call('endWorld', { params: at(each) });
});

test('the tables of a node and the way to a key are told', async () => {
  const world = await open(RING);
  const looked = await client.call('getSimulatedNode', { params: { ...at(world), node: '3' } });
  assert.equal(looked.status, 200);
  const [place] = looked.body['places'] as { neighbours: { role: string }[] }[];
  assert.ok(place?.neighbours.some(({ role }) => role === 'predecessor'));
  const walked = await client.call('walkWorld', { params: at(world), query: { from: '3', key: 'zebra' } });
  assert.ok((walked.body['steps'] as unknown[]).length > 0);
  assert.equal((await client.call('listSystems')).status, 200);
  await client.call('endWorld', { params: at(world) });
});

test('a search is begun, stepped, and its way told; a swarm tells who holds what', async () => {
  const world = await open({ spec: { system: 'gnutella', nodes: 40 }, seed: 2 });
  const params = at(world);
  assert.equal((await client.call('actOnWorld', { params, body: { kind: 'search', from: -1, words: 'artist0 title0' } })).status, 204);
  for (let step = 0; step < 4; step++) {
    assert.equal((await client.call('stepTrail', { params: { ...params, search: '1' } })).status, 204);
  }
  const { status, body } = await client.call('getTrail', { params: { ...params, search: '1' } });
  assert.equal(status, 200);
  const hops = Buffer.from(body['hops'] as string, 'base64');
  assert.equal(hops[body['from'] as number], 1);
  assert.equal(Buffer.from(body['messages'] as string, 'base64').length % 20, 0);
  assert.ok((body['steps'] as unknown[]).length >= 2);
  assert.equal((await client.call('getTrail', { params: { ...params, search: '7' } })).status, 400);
  assert.equal((await client.call('walkWorld', { params, query: { from: '3', key: 'zebra' } })).status, 400);
  await client.call('endWorld', { params });
  const swarm = await open({ spec: { system: 'bittorrent', nodes: 6 }, seed: 2, atMs: 20_000 });
  const looked = await client.call('getSimulatedNode', { params: { ...at(swarm), node: '2' } });
  const [peer] = looked.body['places'] as { pieces: number[]; facts: object[] }[];
  assert.ok(peer?.pieces.length === 96 && peer.facts.length > 0);
  const { frame, places } = await watch(swarm, ({ swarm: told }) => told !== null);
  assert.equal(places[0]?.shape, 'swarm');
  assert.equal(Buffer.from(frame.swarm?.parts ?? '', 'base64')[1], 255);
  await client.call('endWorld', { params: at(swarm) });
});

test('a world that makes no sense, one too many, and one that is not there are refused with a reason', async () => {
  const refused: readonly [object, RegExp][] = [
    [{ spec: { system: 'chrod', nodes: 5 }, seed: 1 }, /did you mean chord/],
    [{ spec: { system: 'chord', nodes: 100_000 }, seed: 1 }, /10000/],
    [{ spec: { system: 'chord', nodes: 5, options: { fingres: true } }, seed: 1 }, /fingers/],
    [{ spec: { system: 'chord', nodes: 5, network: { kind: 'string' } }, seed: 1 }, /network/],
  ];
  for (const [body, why] of refused) {
    const { status, body: answer } = await client.call('openWorld', { body });
    assert.equal(status, 400, JSON.stringify(answer));
    assert.match(JSON.stringify(answer), why);
  }
  const worlds = await Promise.all([1, 2, 3, 4].map(() => open(RING)));
  assert.equal((await client.call('openWorld', { body: RING })).status, 403);
  const [world] = worlds as [number];
  assert.equal((await client.call('actOnWorld', { params: at(world), body: { kind: 'crash', nodes: [999] } })).status, 204);
  assert.equal((await client.call('getSimulatedNode', { params: { ...at(world), node: '999' } })).status, 400);
  for (const each of worlds) await client.call('endWorld', { params: at(each) });
  assert.equal((await client.call('playWorld', { params: at(world), body: { speed: 1 } })).status, 404);
});

test('every operation on worlds has been called with success', () => {
  const succeeded = new Set([...client.called].filter((call) => / 2\d\d$/.test(call)).map((call) => call.split(' ')[0]));
  const operations = client.operations('/lab/worlds').filter((id) => id !== 'followWorld');
  assert.deepEqual(
    operations.filter((id) => !succeeded.has(id)),
    [],
  );
});
