import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FeedBook } from './feed-book.ts';
import { FeedPolicy } from './feed-policy.ts';
import type { Added, AddOptions, AddSource } from '../node-operations.ts';
import { Settings } from '../settings/settings.ts';

test('a node adds what is new in a feed, once, with its label and folder; a feed that fails is told after the others', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-feed-policy-'));
  let answers = 0;
  const server = createServer((_request, response) => {
    answers++;
    response.end('<rss><channel><item><title>One</title><guid>1</guid><link>http://127.0.0.1/one.torrent</link></item></channel></rss>');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const settings = Settings.load({ XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }, folder);
  const policy = new FeedPolicy(settings);
  t.after(() => {
    policy.stop();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const added: (readonly [AddSource, AddOptions])[] = [];
  const node = {
    add: async (source: AddSource, options: AddOptions): Promise<Added> => {
      added.push([source, options]);
      return {} as Added; // Nobody looks at it.
    },
  };
  await policy.tick(node, 0);
  const filter = { include: [], exclude: [], bytesMin: null, bytesMax: null };
  const book = new FeedBook(settings.folders);
  const { port } = server.address() as AddressInfo;
  book.add({ name: 'broken', url: 'http://127.0.0.1:1/rss', filter, label: null, folder: null });
  book.add({ name: 'whole', url: `http://127.0.0.1:${port}/rss`, filter, label: 'tv', folder: '/films' });
  await policy.tick(node, 1_000);
  assert.equal(answers, 0, 'it looks every half minute');
  await assert.rejects(async () => policy.tick(node, 40_000), /broken cannot be read/);
  assert.deepEqual(added, [[{ link: 'http://127.0.0.1/one.torrent' }, { folder: '/films', labels: ['tv'] }]]);
  await policy.tick(node, 80_000);
  assert.deepEqual([added.length, answers], [1, 1]);
});
