/** Two linked index servers and six users on sockets of this machine; and Napster as a search network of the node, with files on disk. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { concatBytes, latin1Bytes } from '../../src/core/bytes.ts';
import { endpointPort } from '../../src/core/endpoint.ts';
import type { Endpoint, Stream } from '../../src/core/host.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { FileExchange } from '../../src/node/files/file-exchange.ts';
import { openNapsterNetwork } from '../../src/node/napster-network.ts';
import type { NetworkPlace, SearchNetwork } from '../../src/node/search/search-network.ts';
import { Settings } from '../../src/node/settings/settings.ts';
import { INDEX_DEFAULTS, type IndexOptions, NapsterIndex, type WayNews } from '../../src/overlays/napster/index.ts';
import { nameOf } from '../../src/overlays/napster/client/share-list.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { WayListener } from '../../src/transfer/files/index.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { NO_HASHES } from '../../src/wire/shared-file.ts';
import { until } from '../interop/peers/process-group.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { SocketUser } from './socket-user.ts';
import { Inlet } from './transcript.ts';
import { sharedFile } from './worlds.ts';

const WAIT_MS_MAX = 30_000;

async function index(context: TestContext, options: Partial<IndexOptions> = {}): Promise<{ index: NapsterIndex; endpoint: Endpoint }> {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null });
  await host.open();
  context.after(() => host.close());
  return { index: host.run((own) => new NapsterIndex(own, { ...INDEX_DEFAULTS, ...options })), endpoint: host.self.stream as Endpoint };
}

test('six users of two linked servers find each other, and get every byte, also from who cannot be dialled', async (context) => {
  const first = await index(context, { linkSecret: 'walrus' });
  const second = await index(context, { linkSecret: 'walrus', links: [first.endpoint] });
  const users = await Promise.all(
    Array.from({ length: 6 }, (_, number) => {
      const file = sharedFile(number + 1, `walrus song${number}.mp3`, { bytes: 1_500_000 + number });
      const at = number % 2 === 0 ? first : second;
      return SocketUser.open({ nick: `user${number}`, dataPort: number < 2 ? 0 : null }, [file], [at.endpoint]);
    }),
  );
  context.after(() => Promise.all(users.map((user) => user.close())));
  await until('all there', WAIT_MS_MAX, () => {
    const all = [first, second].map(({ index: { users: own, links, files } }) => [own, links.numbers.users, files.count].join());
    return all.every((numbers) => numbers === '3,3,3');
  });
  const searcher = users[5] as SocketUser;
  assert.deepEqual(
    await searcher.search('walrus'),
    users.map(({ files }, number) => `user${number} ${nameOf(files.after(0, 1)[0] as never)}`),
  );
  const gets = users.flatMap((user, number) => {
    const from = [(number + 1) % 6, (number + 2) % 6].filter((other) => number >= 2 || other >= 2);
    return from.map((other) => {
      const file = (users[other] as SocketUser).files.after(0, 1)[0] as ReturnType<typeof sharedFile>;
      return user.get(file, [{ nick: `user${other}`, fileName: nameOf(file) }]);
    });
  });
  await Promise.all(gets);
  assert.ok(gets.length >= 10);
});

function placeIn(folder: string, files: ListedFiles, settings: Record<string, string> = {}): NetworkPlace {
  const shared = Object.assign(files, {
    placeOf: (id: number) => {
      const file = files.byId(id);
      return file === null
        ? null
        : {
            root: folder,
            folder: file.folder,
            name: file.name,
            bytes: file.bytes,
            modifiedMs: statSync(join(folder, file.folder, file.name)).mtimeMs,
          };
    },
    tigerPartsOf: () => null,
  });
  const caller = { settings: Settings.load({ HOME: folder, ...settings }, folder), console: {} } as unknown as NetworkPlace['caller'];
  return {
    caller,
    listenHost: '127.0.0.1',
    port: 0,
    announceHost: '',
    proxy: null,
    shared,
    uploadSlotsMax: 4,
    uploadBudget: null,
    passing: false,
  };
}

async function member(context: TestContext, place: NetworkPlace, server: Endpoint): Promise<SearchNetwork> {
  const network = await openNapsterNetwork(place);
  context.after(() => network.close());
  network.addHosts([server]);
  await until('a member', WAIT_MS_MAX, () => network.status().state === 'member');
  return network;
}

test('as a search network of the node it finds a file on disk, and leads to its bytes: first where the holder is, then by calling him', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-napster-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = sharedFile(7, 'walrus polka.mp3', { folder: 'music/old', bytes: 700_000 });
  mkdirSync(join(folder, 'music/old'), { recursive: true });
  writeFileSync(join(folder, 'music/old/walrus polka.mp3'), MemoryBytes.content(file));
  const { index: server, endpoint } = await index(context);
  const holder = await member(context, placeIn(folder, new ListedFiles([file])), endpoint);
  const seeker = await member(context, placeIn(folder, new ListedFiles(), { KITH_NAPSTER_NICK: 'seeker' }), endpoint);
  await until('the file told', WAIT_MS_MAX, () => server.files.count === 1);
  const hits = await new Promise<SearchHit[]>((resolve) => {
    const found: SearchHit[] = [];
    seeker.search({ words: ['walrus'], limit: 10, hashes: null }, { onHit: (hit) => found.push(hit), onSearchEnd: () => resolve(found) });
  });
  const [hit] = hits;
  assert.ok(hits.length === 1 && hit !== undefined);
  assert.deepEqual([hit.name, hit.holder.locator], ['walrus polka.mp3', 'music\\old\\walrus polka.mp3']);
  const expected = MemoryBytes.content(file);

  let news: WayNews | null = null;
  const dialled = await new Promise<Uint8Array>((resolve, reject) => {
    seeker.reach(hit, {
      onAddress: (at, ask) => {
        assert.ok(ask.speech === 'napster' && ask.nick === 'seeker' && ask.fileName === 'music\\old\\walrus polka.mp3');
        news = ask.news ?? null;
        void Inlet.to(endpointPort(at)).then(async (inlet) => {
          await inlet.take(1);
          inlet.socket.write(latin1Bytes('GETseeker "music\\old\\walrus polka.mp3" 0'));
          const bytes = await inlet.take(6 + expected.length);
          inlet.socket.destroy();
          resolve(bytes);
        }, reject);
      },
      onStream: () => reject(new Error('an address expected')),
      onUnreachable: (why) => reject(new Error(why)),
    });
  });
  assert.deepEqual(dialled, new Uint8Array([...latin1Bytes('700000'), ...expected]));

  // As if nobody had been there.
  (news as WayNews | null)?.onUndialled();
  const called = await new Promise<Uint8Array>((resolve, reject) => {
    seeker.reach(hit, {
      onAddress: () => reject(new Error('a call expected')),
      onStream: (stream: Stream) => {
        let came: Uint8Array = new Uint8Array(0);
        const push = (bytes: Uint8Array, start: number, end: number): number => {
          came = concatBytes([came, bytes.subarray(start, end)]);
          if (came.length === expected.length - 1_000) resolve(came);
          return end;
        };
        const nothing = (): void => undefined;
        const handler = { onOpen: nothing, onMessage: nothing, onBulk: nothing, onDrain: nothing, onEnd: nothing, onClose: nothing };
        stream.upgrade({ name: 'test', deframer: () => ({ push }) }, handler);
        stream.send(rawBytes, new RawBytes(latin1Bytes('1000')));
      },
      onUnreachable: (why) => reject(new Error(why)),
    });
  });
  assert.deepEqual(called, expected.slice(1_000));
  assert.deepEqual(seeker.goodHosts(5), [endpoint]);
  assert.equal(holder.status().firewalled, false);
});

test('a download takes parts of one file from a holder that it dials and from one who has to come, and is held against its hash', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-napster-'));
  const file = sharedFile(7, 'walrus polka.mp3', { folder: 'music', bytes: 6_000_000 });
  const content = MemoryBytes.content(file);
  mkdirSync(join(folder, 'music'));
  writeFileSync(join(folder, 'music/walrus polka.mp3'), content);
  const { index: server, endpoint } = await index(context);
  await member(context, placeIn(folder, new ListedFiles([file])), endpoint);
  const hidden = await SocketUser.open({ nick: 'hidden', dataPort: 0 }, [file], [endpoint]);
  context.after(() => hidden.close());
  const seeker = await member(context, placeIn(folder, new ListedFiles()), endpoint);
  await until('the files told', WAIT_MS_MAX, () => server.files.count === 2);
  const hits = await new Promise<SearchHit[]>((resolve) => {
    const found: SearchHit[] = [];
    seeker.search({ words: ['walrus'], limit: 10, hashes: null }, { onHit: (hit) => found.push(hit), onSearchEnd: () => resolve(found) });
  });
  assert.equal(hits.length, 2);
  const exchange = await FileExchange.open({ stateFolder: join(folder, 'state') });
  context.after(async () => {
    await exchange.close();
    rmSync(folder, { recursive: true });
  });
  const wanted = { bytes: file.bytes, hashes: { ...NO_HASHES, sha1: new Uint8Array(createHash('sha1').update(content).digest()) } };
  const ways = hits.map((hit) => ({ name: hit.holder.id, reach: (listener: WayListener) => seeker.reach(hit, listener) }));
  const fetch = exchange.fetch({ wanted, name: 'got.mp3', folder: join(folder, 'got'), ways });
  const brought = new Map<string, number>();
  fetch.onProgress(({ holders }) => {
    for (const { name, bytes } of holders) brought.set(name, bytes);
  });
  const { path, verification } = await fetch.done;
  assert.equal(verification, 'whole');
  assert.equal(Buffer.compare(readFileSync(path), content), 0);
  assert.ok(
    [...brought.values()].every((bytes) => bytes > 0),
    JSON.stringify([...brought]),
  );
});
