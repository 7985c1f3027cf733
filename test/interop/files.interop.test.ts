/** Whole files between programs: curl and aria2 fetch from our upload server, and we fetch from a plain web server and two nodes of ours at once. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { base32Of } from '../../src/core/base32.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { FileExchange } from '../../src/node/files/file-exchange.ts';
import { Library } from '../../src/node/library/library.ts';
import { RateLimiter } from '../../src/transfer/bittorrent/rate-limiter.ts';
import { KnownWay, targetOfHashes } from '../../src/transfer/files/index.ts';
import type { SharedFile } from '../../src/wire/shared-file.ts';
import type { FetchOrder } from './peers/kith-fetch.ts';
import { START_MS_MAX } from './peers/peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const BYTES = 24_000_001;
const TEST_MS_MAX = 90_000;
const RUN_MS_MAX = 40_000;
const FETCHER = join(import.meta.dirname, 'peers', 'kith-fetch.ts');

interface Sharing {
  readonly bench: Workbench;
  readonly content: Buffer;
  readonly file: SharedFile;
  readonly shared: string;
  readonly nodes: readonly FileExchange[];
  /** On each node. */
  readonly urls: readonly string[];
}

/** Nodes that share one file, each sending so many bytes a second at most; 0 for as fast as it goes. */
async function sharing(bench: Workbench, count: number, bytesPerSecond = 0): Promise<Sharing> {
  const content = Buffer.from(new Random(11).fill(new Uint8Array(BYTES)));
  const shared = await bench.place('shared');
  await writeFile(join(shared, 'walrus tape.bin'), content);
  const library = new Library({ database: ':memory:' });
  await library.share(shared);
  bench.keep({ stop: () => library.close() });
  const nodes: FileExchange[] = [];
  for (let index = 0; index < count; index++) {
    const budget = bytesPerSecond === 0 ? null : new RateLimiter(bytesPerSecond, null);
    const node = await FileExchange.open({
      stateFolder: join(bench.folder, `state${index}`),
      listen: { address: '127.0.0.1', port: 0 },
      shared: library.index,
      uploads: { budget },
    });
    nodes.push(node);
    bench.keep({ stop: () => node.close() });
  }
  const [file] = library.index.after(0, 1) as [SharedFile];
  const target = `/uri-res/N2R?urn:sha1:${base32Of(file.hashes.sha1 as Uint8Array)}`;
  return { bench, content, file, shared, nodes, urls: nodes.map(({ port }) => `http://127.0.0.1:${port}${target}`) };
}

async function run(bench: Workbench, command: string, args: readonly string[]): Promise<string> {
  const group = bench.keep(new ProcessGroup(command, args));
  assert.equal(await group.end(RUN_MS_MAX), 0, group.lastWords);
  return group.lastWords;
}

const curl = findProgram('curl');
test('curl gets a file from us, a part of it, and goes on with one that is not whole', {
  skip: curl === null ? 'curl is not installed' : false,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const { bench, content, urls } = await sharing(await Workbench.for(t), 1);
  const [url] = urls as [string];
  const place = (name: string): string => join(bench.folder, name);
  await run(bench, curl as string, ['-sSf', '-o', place('whole'), url]);
  await run(bench, curl as string, ['-sSf', '-r', '1000-1999', '-o', place('part'), url]);
  await writeFile(place('rest'), content.subarray(0, 5_000_000));
  await run(bench, curl as string, ['-sSf', '-C', '-', '-o', place('rest'), url]);
  const head = await run(bench, curl as string, ['-sSfI', url]);
  const page = await run(bench, curl as string, ['-sSf', new URL('/', url).href]);
  assert.ok((await readFile(place('whole'))).equals(content));
  assert.ok((await readFile(place('part'))).equals(content.subarray(1000, 2000)));
  assert.ok((await readFile(place('rest'))).equals(content));
  assert.match(head, /x-gnutella-content-urn: urn:sha1:/i);
  assert.match(page, /This is a node that shares files/);
});

const aria2c = findProgram('aria2c');
test('aria2 gets a file from two nodes of ours at once', {
  skip: aria2c === null ? 'aria2 is not installed' : false,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const { bench, content, nodes, urls, file } = await sharing(await Workbench.for(t), 2);
  const checksum = `--checksum=sha-1=${hexOf(file.hashes.sha1 as Uint8Array)}`;
  const args = ['--no-conf', '-q', '-s', '4', '-x', '2', '-k', '1M', '-d', bench.folder, '-o', 'got', checksum, ...urls];
  await run(bench, aria2c as string, args);
  assert.ok((await readFile(join(bench.folder, 'got'))).equals(content));
  assert.ok(nodes.every(({ transfers }) => transfers.uploads.sentBytes > 1_000_000));
});

const python = findProgram('python3');
test('a file comes from a plain web server that knows no ranges, and two nodes, in parts', {
  skip: python === null ? 'python3 is not installed' : false,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const { bench, content, file, shared, nodes } = await sharing(await Workbench.for(t), 2, 8_000_000);
  const port = await freePort();
  const server = bench.keep(
    new ProcessGroup(python as string, ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', shared]),
  );
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('the web server', START_MS_MAX, answers, () => server.lastWords);
  const fetcher = await FileExchange.open({ stateFolder: join(bench.folder, 'own') });
  bench.keep({ stop: () => fetcher.close() });
  const ask = { speech: 'http', target: targetOfHashes(file.hashes) as string, headers: [] } as const;
  const ways = nodes.map((node) => new KnownWay(`node ${node.port}`, parseEndpoint(`127.0.0.1:${node.port}`) as Endpoint, ask));
  const web = fetcher.webWay(`http://127.0.0.1:${port}/walrus%20tape.bin`);
  const wanted = { bytes: file.bytes, hashes: file.hashes };
  const running = fetcher.fetch({ wanted, name: 'tape', folder: join(bench.folder, 'got'), ways: [...ways, web] });
  const { path, verification } = await running.done;
  assert.deepEqual([verification, (await readFile(path)).equals(content)], ['parts', true]);
  const brought = running.progress.holders.map(({ bytes }) => bytes);
  assert.ok(brought.length === 3 && brought.every((bytes) => bytes > 50_000), brought.join());
});

test('a fetch that is killed at any moment goes on, and fetches no verified part twice', { timeout: TEST_MS_MAX }, async (t) => {
  const { bench, content, file, nodes } = await sharing(await Workbench.for(t), 2, 3_000_000);
  await mkdir(join(bench.folder, 'got'));
  const order: FetchOrder = {
    stateFolder: join(bench.folder, 'own'),
    folder: join(bench.folder, 'got'),
    name: 'tape.bin',
    bytes: file.bytes,
    sha1: hexOf(file.hashes.sha1 as Uint8Array),
    tiger: hexOf(file.hashes.tiger as Uint8Array),
    holders: nodes.map(({ port }) => `127.0.0.1:${port}`),
  };
  let last = '';
  let kills = 0;
  for (let round = 0; !last.includes('done') && round < 20; round++) {
    const group = bench.keep(
      new ProcessGroup(process.execPath, [FETCHER, JSON.stringify(order)], { onLine: (line) => void (last = line) }),
    );
    if (round < 4) {
      await until(
        'some progress',
        START_MS_MAX,
        () => Promise.resolve(/has [1-9]/.test(last) || group.exited),
        () => group.lastWords,
      );
      await new Promise((later) => setTimeout(later, 150 * round));
      group.kill('SIGKILL');
      kills++;
      if (!last.includes('done')) last = '';
    }
    await group.end(RUN_MS_MAX).catch(() => 0);
  }
  const path = join(order.folder, 'tape.bin');
  assert.equal(last, `done parts ${path}`);
  assert.ok((await readFile(path)).equals(content));
  assert.equal(
    createHash('sha1')
      .update(await readFile(path))
      .digest('hex'),
    order.sha1,
  );
  const sent = nodes.reduce((sum, { transfers }) => sum + transfers.uploads.sentBytes, 0);
  // Each kill costs what was gathered and not whole, and what was on its way.
  assert.ok(kills === 4 && sent < 1.6 * BYTES, `${sent} bytes sent for ${BYTES}`);
});
