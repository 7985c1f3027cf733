import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Metainfo } from '../transfer/bittorrent/metainfo.ts';
import { parseMetainfo } from '../transfer/bittorrent/parse-metainfo.ts';
import { tellNodes } from './torrent-nodes.ts';

const PLAIN: Metainfo = {
  ...parseMetainfo(new Uint8Array(readFileSync(new URL('../../test/fixtures/torrents/tree-v1.torrent', import.meta.url)))),
  private: false,
};

async function told(metainfo: Metainfo, looksUp = true): Promise<string[]> {
  const nodes: string[] = [];
  await tellNodes(metainfo, { addNode: (endpoint) => void nodes.push(formatEndpoint(endpoint)) }, looksUp);
  return nodes;
}

test('the nodes of a torrent are told to the DHT, 16 at most, and a name that nobody knows is left out', async () => {
  const two = [
    { host: '192.0.2.1', port: 6881 },
    { host: 'nowhere.invalid', port: 6881 },
    { host: '2001:db8::1', port: 1 },
  ];
  assert.deepEqual(await told({ ...PLAIN, dhtNodes: two }), ['192.0.2.1:6881', '[2001:db8::1]:1']);
  const many = Array.from({ length: 64 }, (_, index) => ({ host: '192.0.2.1', port: index + 1 }));
  assert.equal((await told({ ...PLAIN, dhtNodes: many })).length, 16);
  assert.deepEqual(await told(PLAIN), []);
});

test('behind a proxy no name of a torrent is looked up', async () => {
  const nodes = [
    { host: 'localhost', port: 6881 },
    { host: '192.0.2.1', port: 6881 },
  ];
  assert.deepEqual(await told({ ...PLAIN, dhtNodes: nodes }, false), ['192.0.2.1:6881']);
});

test('BEP 27: those of a private torrent are told to nobody', async () => {
  assert.deepEqual(await told({ ...PLAIN, private: true, dhtNodes: [{ host: '192.0.2.1', port: 6881 }] }), []);
});
