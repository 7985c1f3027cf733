/** One port for Gnutella, for files and for those who were asked to dial, and its twin of Gnutella2: what comes in is told apart by its first bytes. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { openGnutella2Network } from '../../src/node/gnutella2-network.ts';
import { openGnutellaNetwork } from '../../src/node/gnutella-network.ts';
import { Library } from '../../src/node/library/library.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker } from '../../src/node/search/search-network.ts';
import { SHARES_NOTHING } from '../../src/node/search/shares-nothing.ts';
import { Settings } from '../../src/node/settings/settings.ts';
import { Packet, packetCodec, PacketType, queryHitCodec } from '../../src/overlays/gnutella/index.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { NO_HASHES } from '../../src/wire/shared-file.ts';
import { until } from '../interop/peers/process-group.ts';

const MAX_MS = 60_000;
const WAIT_MS_MAX = 30_000;
const MAKERS = { gnutella: openGnutellaNetwork, gnutella2: openGnutella2Network } as const;
const HEAD_BYTES = 23;

interface Place {
  readonly library: Library;
  readonly music: string;
  open(maker: SearchNetworkMaker, passing?: boolean): Promise<SearchNetwork>;
}

async function place(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-servent-port-'));
  const music = join(folder, 'music');
  mkdirSync(music);
  writeFileSync(join(music, 'walrus polka.mp3'), 'walrus '.repeat(1_000));
  const library = new Library({ database: ':memory:' });
  await library.share(music);
  const networks: SearchNetwork[] = [];
  t.after(async () => {
    for (const network of networks) await network.close();
    await library.close();
    rmSync(folder, { recursive: true });
  });
  const caller = { settings: Settings.load({ HOME: folder }, folder), console: {} } as unknown as NetworkPlace['caller'];
  const common = { caller, listenHost: '127.0.0.1', port: 0, announceHost: '', proxy: null, uploadSlotsMax: 4, uploadBudget: null };
  return {
    library,
    music,
    async open(maker, passing = false) {
      const network = await maker({ ...common, shared: passing ? SHARES_NOTHING : library.index, passing });
      networks.push(network);
      return network;
    },
  };
}

function endpointOf(network: SearchNetwork): Endpoint {
  return parseEndpoint(network.status().address ?? '') as Endpoint;
}

/** What is answered to these bytes, which come in two pieces, until the other side ends. */
function answerTo(network: SearchNetwork, text: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const port = Number((network.status().address ?? '').split(':')[1]);
    const socket = connect(port, '127.0.0.1', () => {
      socket.setNoDelay().write(text.slice(0, 2));
      setImmediate(() => socket.write(text.slice(2)));
    });
    socket.on('data', (bytes) => chunks.push(bytes));
    socket.on('error', () => undefined).on('close', () => resolve(Buffer.concat(chunks)));
  });
}

for (const name of ['gnutella', 'gnutella2'] as const) {
  test(`the port of ${name} sends a file to a web client, and hangs up on what is nothing, or comes unasked`, {
    timeout: MAX_MS,
  }, async (t) => {
    const { library, open } = await place(t);
    const network = await open(MAKERS[name]);
    const [file] = library.index.after(0, 1);
    const got = await answerTo(network, `GET /get/${file?.id}/walrus%20polka.mp3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.match(got.toString('latin1'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n(walrus ){1000}$/);
    assert.equal((await answerTo(network, 'SSH-2.0-OpenSSH_9.2\r\n')).length, 0);
    assert.equal((await answerTo(network, `GIV 1:${'ab'.repeat(16)}/x\n\n`)).length, 0);
  });

  test(`over ${name} a file is found by its hash, one that came later by its name, by who stays a leaf as he only passes by`, {
    timeout: MAX_MS,
  }, async (t) => {
    const { library, music, open } = await place(t);
    const sharer = await open(MAKERS[name]);
    await until('its role', WAIT_MS_MAX, () => sharer.status().role !== 'leaf');
    const seeker = await open(MAKERS[name], true);
    seeker.addHosts([endpointOf(sharer)]);
    await until('a member', WAIT_MS_MAX, () => seeker.status().state === 'member');
    const found = (request: Parameters<SearchNetwork['search']>[0]): Promise<SearchHit> =>
      new Promise((onHit, reject) => {
        seeker.search(request, { onHit, onSearchEnd: () => reject(new Error('nothing')) });
      });
    const sha1 = library.index.after(0, 1)[0]?.hashes.sha1 ?? null;
    const byHash = await found({ words: [], hashes: { ...NO_HASHES, sha1 }, limit: 1 });
    writeFileSync(join(music, 'zebra waltz.mp3'), 'zebra');
    await library.scan(library.index.roots()[0] ?? '');
    const later = await found({ words: ['zebra'], hashes: null, limit: 1 });
    assert.deepEqual([byHash.name, later.name, seeker.status().role], ['walrus polka.mp3', 'zebra waltz.mp3', 'leaf']);
    assert.deepEqual(seeker.goodHosts(5), [endpointOf(sharer)]);
  });

  test(`what ${name} cannot be asked for ends at once, and not inside the call`, { timeout: MAX_MS }, async (t) => {
    const { open } = await place(t);
    const network = await open(MAKERS[name]);
    let isCalling = true;
    const ended = new Promise<boolean>((resolve) => {
      const merkle = new Uint8Array(32);
      network.search({ words: [], hashes: { ...NO_HASHES, merkle }, limit: 1 }, { onHit() {}, onSearchEnd: () => resolve(isCalling) });
    });
    isCalling = false;
    assert.equal(await ended, false);
  });
}

test('a servent of Gnutella that has the port of Gnutella2 is hung up on', { timeout: MAX_MS }, async (t) => {
  const { open } = await place(t);
  const network = await open(openGnutella2Network);
  assert.equal((await answerTo(network, 'GNUTELLA CONNECT/0.6\r\nUser-Agent: old\r\n\r\n')).length, 0);
});

test('who browses a servent of Gnutella gets query hits that tell of all that is shared', { timeout: MAX_MS }, async (t) => {
  const { open } = await place(t);
  const network = await open(openGnutellaNetwork);
  const accept = 'Accept: application/x-gnutella-packets\r\nConnection: close';
  const answer = await answerTo(network, `GET / HTTP/1.1\r\nHost: a\r\n${accept}\r\n\r\n`);
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  const packet = packetCodec.decode(body, 0, body.length);
  assert.ok(packet instanceof Packet && packet.type === PacketType.hit && packet.payload.length === body.length - HEAD_BYTES);
  const { results } = queryHitCodec.decode(packet.payload, 0, packet.payload.length);
  assert.deepEqual(
    results.map(({ name, bytes }) => [name, bytes]),
    [['walrus polka.mp3', 7_000]],
  );
});
