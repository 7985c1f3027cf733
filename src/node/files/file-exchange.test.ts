/** Fetching files on real sockets and disks: whole, checked, named, continued. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mp3, scrambled } from '../../../test/fasttrack/media.ts';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { KnownWay, targetOfHashes, UploadSlots } from '../../transfer/files/index.ts';
import { NO_HASHES, type SharedFile } from '../../wire/shared-file.ts';
import { UuHash } from '../../wire/uu-hash.ts';
import { Failure } from '../failure.ts';
import { Library } from '../library/library.ts';
import { type ExchangeOptions, FileExchange } from './file-exchange.ts';
import type { FetchProgress, FileFetch } from './file-fetch.ts';

const BYTES = 3_000_000;
const MAX_MS = 60_000;

interface Bench {
  readonly folder: string;
  readonly library: Library;
  readonly file: SharedFile;
  readonly content: Uint8Array;
  open(options?: Partial<ExchangeOptions>): Promise<FileExchange>;
  sharer(): Promise<FileExchange>;
  fetch(by: FileExchange, from: readonly FileExchange[], name?: string): FileFetch;
}

/** A folder that is shared, and exchanges on loopback that end with the test. */
async function bench(t: TestContext, bytes = BYTES): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-files-'));
  const opened: FileExchange[] = [];
  const shared = join(folder, 'shared');
  await mkdir(shared);
  const content = new Random(5).fill(new Uint8Array(bytes));
  await writeFile(join(shared, 'tape.bin'), content);
  const library = new Library({ database: ':memory:' });
  t.after(async () => {
    for (const exchange of opened) await exchange.close();
    await library.close();
    await rm(folder, { recursive: true, force: true });
  });
  await library.share(shared);
  const [file] = library.index.after(0, 1) as [SharedFile];
  const open = async (options: Partial<ExchangeOptions> = {}): Promise<FileExchange> => {
    const exchange = await FileExchange.open({ stateFolder: join(folder, `state${opened.length}`), ...options });
    opened.push(exchange);
    return exchange;
  };
  return {
    folder,
    library,
    file,
    content,
    open,
    sharer: () => open({ listen: { address: '127.0.0.1', port: 0 }, shared: library.index }),
    fetch(by, from, name = file.name) {
      const ask = { speech: 'http', target: targetOfHashes(file.hashes) as string, headers: [] } as const;
      const ways = from.map(({ port }) => new KnownWay(`127.0.0.1:${port}`, parseEndpoint(`127.0.0.1:${port}`) as Endpoint, ask));
      return by.fetch({ wanted: { bytes: file.bytes, hashes: file.hashes }, name, folder: join(folder, 'got'), ways });
    },
  };
}

test('a file comes from two nodes, checked part by part, under its name', { timeout: MAX_MS }, async (t) => {
  const { folder, content, open, sharer, fetch } = await bench(t);
  const [first, second, fetcher] = [await sharer(), await sharer(), await open()];
  const progress: FetchProgress[] = [];
  const running = fetch(fetcher, [first, second]);
  running.onProgress((each) => void progress.push(each));
  const result = await running.done;
  assert.deepEqual(result, { path: join(folder, 'got', 'tape.bin'), bytes: BYTES, verification: 'parts' });
  assert.deepEqual(await readFile(result.path), Buffer.from(content));
  assert.deepEqual(await readdir(join(folder, 'got')), ['tape.bin']);
  assert.equal(progress.at(-1)?.state, 'done');
});

test('a file that is there is not fetched again; another one of its name is left alone', { timeout: MAX_MS }, async (t) => {
  const { folder, content, open, sharer, fetch } = await bench(t);
  const [holder, fetcher] = [await sharer(), await open()];
  await fetch(fetcher, [holder]).done;
  const before = holder.transfers.uploads.sentBytes;
  const again = await fetch(fetcher, [holder]).done;
  assert.deepEqual([again.path, holder.transfers.uploads.sentBytes - before], [join(folder, 'got', 'tape.bin'), 0]);
  await writeFile(again.path, content.toReversed());
  const other = await fetch(fetcher, [holder]).done;
  assert.equal(other.path, join(folder, 'got', 'tape.1.bin'));
  assert.deepEqual(await readFile(again.path), Buffer.from(content.toReversed()));
});

test('who is named while a file of that name is being looked at is a holder like the others', { timeout: MAX_MS }, async (t) => {
  const { folder, file, content, open, sharer, fetch } = await bench(t);
  const [holder, fetcher] = [await sharer(), await open()];
  await mkdir(join(folder, 'got'));
  await writeFile(join(folder, 'got', 'tape.bin'), content.toReversed());
  const running = fetch(fetcher, []);
  const ask = { speech: 'http', target: targetOfHashes(file.hashes) as string, headers: [] } as const;
  running.add(new KnownWay('early', parseEndpoint(`127.0.0.1:${holder.port}`) as Endpoint, ask));
  assert.equal((await running.done).path, join(folder, 'got', 'tape.1.bin'));
});

test('a name from a stranger leads nowhere else', { timeout: MAX_MS }, async (t) => {
  const { folder, open, sharer, fetch } = await bench(t);
  const result = await fetch(await open(), [await sharer()], '../../evil\u0000.sh').done;
  assert.equal(result.path, join(folder, 'got', '.._.._evil_.sh'));
});

test('a fetch that was stopped goes on where it was, in another process with the same state', { timeout: MAX_MS }, async (t) => {
  const { folder, content, open, sharer, fetch } = await bench(t, 20_000_000);
  const holder = await sharer();
  const stateFolder = join(folder, 'same');
  const first = await open({ stateFolder });
  const running = fetch(first, [holder]);
  let kept = 0;
  while (kept < 2_000_000) {
    await new Promise((next) => setImmediate(next));
    kept = running.progress.bytesDone;
  }
  await running.stop();
  await assert.rejects(running.done, (error: Failure) => error instanceof Failure && error.kind === 'interrupted');
  await first.close();
  const before = holder.transfers.uploads.sentBytes;
  const result = await fetch(await open({ stateFolder }), [holder]).done;
  assert.ok(
    holder.transfers.uploads.sentBytes - before <= 20_000_000 - kept + 1_000_000,
    `${holder.transfers.uploads.sentBytes - before} bytes more`,
  );
  assert.deepEqual(await readFile(result.path), Buffer.from(content));
});

test('holders that have something else under the name end the fetch as a failure of integrity, or leave it waiting', {
  timeout: MAX_MS,
}, async (t) => {
  const { library, file, open, sharer } = await bench(t);
  const [holder, fetcher] = [await sharer(), await open()];
  const hashes = { ...file.hashes, tiger: null, sha1: new Uint8Array(20).fill(9) };
  const ask = { speech: 'http', target: `/get/${file.id}/${file.name}`, headers: [] } as const;
  const way = new KnownWay('liar', parseEndpoint(`127.0.0.1:${holder.port}`) as Endpoint, ask);
  const running = fetcher.fetch({
    wanted: { bytes: file.bytes, hashes },
    name: 'x',
    folder: join(library.index.roots()[0] as string, '..', 'got'),
    ways: [way],
  });
  while (!running.progress.holders.some(({ state }) => state.startsWith('is asked no more')))
    await new Promise((next) => setTimeout(next, 5));
  assert.equal(running.progress.state, 'waiting');
  await running.stop();
});

test('a file that has changed since it was hashed is not sent under its old name', { timeout: MAX_MS }, async (t) => {
  const { folder, content, open, sharer, fetch } = await bench(t);
  const [holder, fetcher] = [await sharer(), await open()];
  await writeFile(join(folder, 'shared', 'tape.bin'), content.toReversed());
  const running = fetch(fetcher, [holder]);
  while (!running.progress.holders.some(({ state }) => state.startsWith('busy'))) await new Promise((next) => setTimeout(next, 5));
  assert.equal(holder.transfers.uploads.sentBytes, 0);
  await running.stop();
});

/** A web server with a file, and another one where it was; its address. */
async function webServer(t: TestContext, content: Uint8Array): Promise<string> {
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    if (request.url === '/old') return void response.writeHead(302, { location: '/new' }).end();
    response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('a plain web server is a holder too, and one that leads elsewhere is followed', { timeout: MAX_MS }, async (t) => {
  const { content, open, file, folder } = await bench(t);
  const fetcher = await open();
  const ways = [fetcher.webWay(`${await webServer(t, content)}/old`)];
  const { path, verification } = await fetcher.fetch({
    wanted: { bytes: file.bytes, hashes: file.hashes },
    name: 'w',
    folder: join(folder, 'got'),
    ways,
  }).done;
  assert.deepEqual([verification, await readFile(path)], ['whole', Buffer.from(content)]);
});

test('a bad file that no hash of the whole vouches for ends with what is wrong with it, and can be taken away', {
  timeout: MAX_MS,
}, async (t) => {
  const { open, folder } = await bench(t);
  const [fetcher, bad] = [await open(), scrambled(mp3(400), 16_384)];
  const ways = [fetcher.webWay(`${await webServer(t, bad)}/new`)];
  const wanted = { bytes: bad.length, hashes: { ...NO_HASHES, uu: new UuHash(bad.length).update(bad).digest() } };
  const request = { wanted, name: 'song.mp3', folder: join(folder, 'got'), ways };
  const fetch = fetcher.fetch(request);
  await assert.rejects(fetch.done, (error: Failure) => error.kind === 'integrity' && /its parts are not in order/.test(error.why));
  const { state, verdict, holders } = fetch.progress;
  assert.deepEqual([state, verdict, holders.map(({ network, bytes }) => [network, bytes])], ['failed', 'scrambled', [['web', bad.length]]]);
  assert.deepEqual(await readFile(fetcher.partPath(request)), Buffer.from(bad));
  fetcher.discard(request);
  assert.deepEqual(await readdir(join(folder, 'got')), []);
});

test('slots are shared by the servers of one node', () => {
  const slots = new UploadSlots({ slotsMax: 1 });
  const ask = (hostKey: string) => slots.request({ taker: { hostKey }, fileKey: 'f', skill: 0, id: null }, 'x', 0).answer;
  assert.deepEqual([ask('1.1.1.1'), ask('2.2.2.2')], ['granted', 'busy']);
});
