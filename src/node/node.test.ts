import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Failure } from './failure.ts';
import { KithNode } from './node.ts';
import type { NodeEvent, TransferView } from './node-view.ts';
import { Settings } from './settings/settings.ts';
import { WatchPolicy } from './watch-policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-node-'));
const running = new Set<KithNode>();
after(async () => {
  await Promise.all([...running].map((node) => node.close()));
  rmSync(folder, { recursive: true, force: true });
});

const silent = { say: () => undefined, warn: () => undefined, event: () => undefined };

/** A node with folders of its own; the same name is the same machine again. */
async function open(name: string, settings: Record<string, string> = {}): Promise<KithNode> {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const folders = { HOME: home, XDG_STATE_HOME: join(home, 's'), XDG_DATA_HOME: join(home, 'd'), XDG_CACHE_HOME: join(home, 'c') };
  const ports = { KITH_LISTEN_PORT: '0', KITH_TRACKER_PORT: '0', XDG_CONFIG_HOME: join(home, 'f') };
  const node = await KithNode.open({ settings: Settings.load({ ...folders, ...ports, ...settings }, home), console: silent });
  running.add(node);
  return node;
}

async function close(node: KithNode): Promise<void> {
  running.delete(node);
  await node.close();
}

function content(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, randomBytes(bytes));
  return path;
}

/** The first event that fits. */
async function until(node: KithNode, fits: (event: NodeEvent) => boolean): Promise<NodeEvent> {
  for await (const event of node.events({ after: 0, signal: AbortSignal.timeout(20_000) })) if (fits(event)) return event;
  throw new Error(`the event did not come; the list: ${JSON.stringify(await node.list())}`);
}

function completed({ infoHash }: TransferView): (event: NodeEvent) => boolean {
  return (event) => event.type === 'completed' && event.transfer.infoHash === infoHash;
}

async function fails(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => assert.fail('it was done'),
    (error: unknown) => error as Failure,
  );
}

const sharing = await open('sharing');
const film = content('film.bin', 300_000);
const { transfer: shared } = await sharing.share([film], { labels: ['films'] });

test('what one node shares another fetches by its link, and adding it twice is told', async () => {
  const node = await open('fetching');
  const target = join(folder, 'fetched');
  const { transfer, already } = await node.add({ link: shared.link }, { folder: target, labels: [' mine '] });
  assert.deepEqual([already, transfer.number, transfer.labels, transfer.origin], [false, 1, ['mine'], 'get']);
  await until(node, completed(transfer));
  assert.ok(readFileSync(join(target, 'film.bin')).equals(readFileSync(film)));
  const again = await node.add({ link: shared.infoHash }, { trackers: ['http://127.0.0.1:1/announce'] });
  assert.deepEqual([again.already, again.transfer.location], [true, target]);
  const [view] = await node.list();
  assert.deepEqual([view?.state, view?.haveBytes, view?.downloadedBytes], ['seeding', 300_000, 300_000]);
  await close(node);
});

test('a node goes on with what it had: labels, totals, the order, and what is paused', async () => {
  const first = await open('lasting');
  const { transfer } = await first.add({ link: shared.link }, { folder: join(folder, 'lasting-files') });
  const other = await first.share([content('other.bin', 50_000)], {});
  await until(first, completed(transfer));
  await first.change(transfer.infoHash, { labels: ['a', 'b'], uploadRateMax: 5_000, seedRatio: 2 });
  await first.pause(transfer.infoHash);
  await first.reorder(other.transfer.infoHash, 'top');
  await close(first);
  const second = await open('lasting');
  const [top, below] = await second.list();
  assert.deepEqual([top?.infoHash, below?.infoHash], [other.transfer.infoHash, transfer.infoHash]);
  assert.deepEqual([below?.state, below?.labels, below?.uploadRateMax, below?.seedRatio], ['paused', ['a', 'b'], 5_000, 2]);
  assert.deepEqual([below?.downloadedBytes, below?.haveBytes], [300_000, 300_000]);
  await second.resume(transfer.infoHash);
  await until(
    second,
    (event) => event.type === 'state' && event.transfer.infoHash === transfer.infoHash && event.transfer.state === 'seeding',
  );
  await close(second);
});

test('downloads wait for their turn, and a change of the limit is seen at once', async () => {
  const node = await open('queueing', { KITH_QUEUE_DOWNLOADS: '1' });
  const add = (digit: string) => node.add({ link: digit.repeat(40) }, { peers: ['127.0.0.1:1'] });
  await add('a');
  await add('b');
  assert.deepEqual(
    (await node.list()).map(({ state }) => state),
    ['metadata', 'queued'],
  );
  await node.reorder('b'.repeat(40), 'up');
  assert.deepEqual(
    (await node.list()).map(({ infoHash }) => infoHash[0]),
    ['b', 'a'],
  );
  await node.set('queue.downloads', '2', false);
  await until(node, (event) => event.type === 'state' && event.transfer.infoHash.startsWith('a') && event.transfer.state === 'metadata');
  assert.equal((await fails(node.set('listen.port', '7000', false))).kind, 'usage');
  await close(node);
});

test('a seed that has sent enough is finished, until somebody resumes it', async () => {
  const node = await open('finishing', { KITH_SEED_RATIO: '0.5' });
  const { transfer } = await node.share([content('enough.bin', 100_000)], {});
  const taker = await open('taking');
  const taken = await taker.add({ link: transfer.link }, { folder: join(folder, 'taken') });
  await until(taker, completed(taken.transfer));
  await until(node, (event) => event.type === 'state' && event.transfer.state === 'finished');
  assert.equal((await node.resume(transfer.infoHash)).state, 'seeding');
  await close(taker);
  await close(node);
});

test('what is shared beyond the limit of seeds waits, and is in the list at once', async () => {
  const node = await open('sharing-much', { KITH_QUEUE_SEEDS: '1' });
  for (const name of ['first.bin', 'second.bin']) await node.share([content(name, 20_000)], {});
  assert.deepEqual(
    (await node.list()).map(({ state }) => state),
    ['seeding', 'queued'],
  );
  await close(node);
});

test('removing leaves the files, unless the data was to go too; what was shared is never removed', async () => {
  const node = await open('removing');
  const target = join(folder, 'removed');
  for (const data of [false, true]) {
    const { transfer } = await node.add({ link: shared.link }, { folder: target });
    const { sequence } = await node.status();
    if (transfer.completedAtMs === null) await until(node, (event) => event.sequence >= sequence && completed(transfer)(event));
    await node.remove(transfer.infoHash, data);
    assert.deepEqual([existsSync(join(target, 'film.bin')), (await node.list()).length], [!data, 0]);
  }
  const { transfer } = await node.share([film], {});
  assert.equal((await fails(node.remove(transfer.infoHash, true))).kind, 'usage');
  assert.ok(existsSync(film));
  await close(node);
});

test('a move takes the files along, is seen where they are, and is refused where something is in the way', async () => {
  const node = await open('moving');
  const { transfer } = await node.add({ link: shared.link }, { folder: join(folder, 'before') });
  await until(node, completed(transfer));
  mkdirSync(join(folder, 'blocked'));
  writeFileSync(join(folder, 'blocked/film.bin'), 'mine');
  assert.match((await fails(node.move(transfer.infoHash, join(folder, 'blocked')))).message, /of that name is there/);
  const moved = await node.move(transfer.infoHash, join(folder, 'behind'));
  assert.deepEqual([moved.location, moved.state], [join(folder, 'behind'), 'seeding']);
  assert.ok(readFileSync(join(folder, 'behind/film.bin')).equals(readFileSync(film)));
  assert.ok(!existsSync(join(folder, 'before/film.bin')));
  await node.remove(transfer.infoHash, true);
  const { sequence } = await node.status();
  const again = await node.add({ link: shared.link }, { folder: join(folder, 'before') });
  await until(node, (event) => event.sequence > sequence && completed(again.transfer)(event));
  assert.deepEqual([again.already, existsSync(join(folder, 'before/film.bin')), existsSync(join(folder, 'behind'))], [false, true, true]);
  await close(node);
});

test('what is incomplete lies in its own folder, and goes on when it is complete', async () => {
  const work = join(folder, 'incomplete');
  const node = await open('tidy', { KITH_GET_INCOMPLETE_FOLDER: work, KITH_LIMIT_DOWN: '400k' });
  const { transfer } = await node.add({ link: shared.link }, { folder: join(folder, 'tidied') });
  assert.deepEqual([transfer.location, transfer.goesTo], [work, join(folder, 'tidied')]);
  await until(node, (event) => event.type === 'changed' && event.transfer.goesTo === null && event.transfer.location !== work);
  assert.ok(readFileSync(join(folder, 'tidied/film.bin')).equals(readFileSync(film)));
  assert.ok(!existsSync(join(work, 'film.bin')));
  await close(node);
});

test('a paused transfer is moved where it rests, and files are wanted, or not, at any time', async () => {
  const node = await open('choosing');
  const album = join(folder, 'album');
  mkdirSync(album);
  for (const name of ['a', 'b']) writeFileSync(join(album, name), randomBytes(196_608));
  const { transfer: source } = await sharing.share([album], {});
  const { transfer } = await node.add({ link: source.link }, { folder: join(folder, 'chosen'), only: [0] });
  await until(node, completed(transfer));
  assert.ok(!existsSync(join(folder, 'chosen/album/b')));
  await node.pause(transfer.infoHash);
  assert.equal((await node.move(transfer.infoHash, join(folder, 'elsewhere'))).location, join(folder, 'elsewhere'));
  const { sequence } = await node.status();
  await node.prioritize(transfer.infoHash, [1], 'high');
  await node.resume(transfer.infoHash);
  await until(node, (event) => event.sequence > sequence && completed(transfer)(event));
  assert.ok(readFileSync(join(folder, 'elsewhere/album/b')).equals(readFileSync(join(album, 'b'))));
  const { files } = await node.info(transfer.infoHash);
  assert.deepEqual(
    files.map(({ priority, haveBytes }) => `${priority} ${haveBytes}`),
    ['normal 196608', 'high 196608'],
  );
  await close(node);
});

test('verifying finds what was damaged, and it is fetched again', async () => {
  const node = await open('verifying');
  const { transfer } = await node.add({ link: shared.link }, { folder: join(folder, 'damaged') });
  await until(node, completed(transfer));
  const bytes = readFileSync(join(folder, 'damaged/film.bin'));
  bytes[100_000] = (bytes[100_000] as number) ^ 1;
  writeFileSync(join(folder, 'damaged/film.bin'), bytes);
  const { sequence } = await node.status();
  await node.verify(transfer.infoHash);
  const event = await until(node, ({ type }) => type === 'verified');
  assert.ok(event.type === 'verified' && event.transfer.haveBytes < 300_000);
  await until(node, (later) => later.sequence > sequence && completed(transfer)(later));
  assert.ok(readFileSync(join(folder, 'damaged/film.bin')).equals(readFileSync(film)));
  await close(node);
});

test('files that go while the node is away are missed, not fetched again behind the back', async () => {
  const first = await open('missing');
  const { transfer } = await first.add({ link: shared.link }, { folder: join(folder, 'missing-files') });
  await until(first, completed(transfer));
  await close(first);
  rmSync(join(folder, 'missing-files/film.bin'));
  const second = await open('missing');
  const event = await until(second, ({ type }) => type === 'failed');
  assert.equal(event.type === 'failed' && event.transfer.problem?.kind, 'not-found');
  await second.resume(transfer.infoHash);
  await until(second, completed(transfer));
  await close(second);
});

test('a stranger of the same name is not overwritten: the transfer fails and says so', async () => {
  const node = await open('stranger');
  mkdirSync(join(folder, 'strange'));
  writeFileSync(join(folder, 'strange/film.bin'), 'something else');
  await node.add({ link: shared.link }, { folder: join(folder, 'strange') });
  const event = await until(node, ({ type }) => type === 'failed');
  assert.match((event.type === 'failed' && event.transfer.problem?.message) || '', /film\.bin is there already/);
  assert.equal(readFileSync(join(folder, 'strange/film.bin'), 'utf8'), 'something else');
  await close(node);
});

test('a torrent that is dropped into the watched folder is added', async () => {
  const dropped = join(folder, 'dropped');
  mkdirSync(dropped);
  writeFileSync(join(dropped, 'one.magnet'), `${shared.link}\n`);
  const node = await open('watching');
  const settings = Settings.load({ KITH_WATCH_FOLDER: dropped, XDG_CONFIG_HOME: folder }, folder);
  node.use(new WatchPolicy(settings));
  await until(node, (event) => event.type === 'added' && event.transfer.infoHash === shared.infoHash);
  await close(node);
});

test('a policy acts by the operations, and its failure is a warning, not the end', async () => {
  const node = await open('policies');
  let ticks = 0;
  node.use({
    name: 'The test',
    tick: async (operations) => {
      if (++ticks === 1) throw new Error('once');
      await operations.set('limit.up', '5000', false);
    },
  });
  const warning = await until(node, ({ type }) => type === 'warning');
  assert.match(warning.type === 'warning' ? warning.message : '', /The test has failed/);
  await until(node, (event) => event.type === 'setting' && event.setting.value === 5_000);
  await close(node);
});

const MISTAKES: readonly (readonly [string, Parameters<KithNode['add']>[1]])[] = [
  ['a folder that does not begin at the root', { folder: 'here' }],
  ['a label with a comma', { peers: ['127.0.0.1:1'], labels: ['a,b'] }],
  ['a limit below zero', { peers: ['127.0.0.1:1'], uploadRateMax: -1 }],
  ['a tracker that is no address', { trackers: ['nonsense'] }],
  ['a peer that is no address', { peers: ['127.0.0.1'] }],
  ['an index that is none', { peers: ['127.0.0.1:1'], only: [-1] }],
  ['nobody to ask', {}],
];

for (const [what, options] of MISTAKES) {
  test(`${what} is refused, and nothing is added`, async () => {
    const before = await sharing.list();
    assert.equal((await fails(sharing.add({ link: 'c'.repeat(40) }, options))).kind, 'usage');
    assert.equal((await sharing.list()).length, before.length);
  });
}

test('what is not in the list is not found by any operation', async () => {
  const none = 'f'.repeat(40);
  const asked = [sharing.info(none), sharing.pause(none), sharing.remove(none, false), sharing.prioritize(none, [0], 'high')];
  for (const failure of await Promise.all(asked.map(fails))) assert.equal(failure.kind, 'not-found');
});
