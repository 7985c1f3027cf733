/** Whom a way of Gnutella or Gnutella2 leads to: dialled, asked to come, or neither. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { SocketHost } from '../../net/socket-host.ts';
import { type FileAsk, PushDesk } from '../../transfer/files/index.ts';
import type { Holder, SearchHit } from '../../wire/search-hit.ts';
import { NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import { HttpHolders } from './http-holders.ts';
import { mayMean } from './servent-port.ts';

const GUID = '00112233445566778899aabbccddeeff';

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function hit(holder: Partial<Holder>): SearchHit {
  const all = {
    endpoint: at('127.0.0.1:6346'),
    locator: '/get/7/a',
    id: GUID,
    firewalled: false,
    busy: false,
    speed: 0,
    proxies: [],
    ...holder,
  };
  return { network: 'gnutella', name: 'a', bytes: 1, kind: 'other', tags: NO_TAGS, hashes: NO_HASHES, holder: all };
}

/** A network that is here, or out there, and passes pushes on or not. */
class Bench {
  readonly pushed: number[] = [];
  readonly #holders: HttpHolders;

  constructor(t: TestContext, { own = '127.0.0.1:1', passesOn = true } = {}) {
    const host = new SocketHost({ streamPort: null, datagramPort: null });
    t.after(() => host.close());
    const push = (_holder: Holder, index: number): boolean => passesOn && this.pushed.push(index) > 0;
    this.#holders = new HttpHolders({ push, mayDial: (endpoint) => mayMean(endpoint, at(own), []) }, new PushDesk(host));
  }

  /** Where he is to be dialled, why he cannot be, or that he has been asked to come. */
  async reach(of: SearchHit): Promise<string> {
    const before = this.pushed.length;
    const answer = new Promise<string>((told) => {
      const onAddress = (endpoint: Endpoint, ask: FileAsk): void =>
        told(`${formatEndpoint(endpoint)} ${'target' in ask ? ask.target : ''}`);
      this.#holders.reach(of, { onAddress, onStream: () => told('came'), onUnreachable: told });
    });
    return this.pushed.length > before ? 'asked to come' : answer;
  }
}

test('a holder is dialled where he is, and asked to come when he is reached for again', async (t) => {
  const bench = new Bench(t);
  const ways = [await bench.reach(hit({})), await bench.reach(hit({})), await bench.reach(hit({}))];
  assert.deepEqual(ways, ['127.0.0.1:6346 /get/7/a', 'asked to come', '127.0.0.1:6346 /get/7/a']);
  assert.deepEqual(bench.pushed, [7]);
});

test('who cannot be dialled is asked to come each time, for file 0 where his own number for it is not known', async (t) => {
  const bench = new Bench(t);
  const hidden = hit({ endpoint: null, firewalled: true, locator: '/uri-res/N2R?urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB' });
  assert.deepEqual([await bench.reach(hidden), await bench.reach(hidden)], ['asked to come', 'asked to come']);
  assert.deepEqual(bench.pushed, [0, 0]);
});

test('without anybody to pass a push on, who can be dialled is dialled again, and the other is out of reach', async (t) => {
  const bench = new Bench(t, { passesOn: false });
  await bench.reach(hit({}));
  assert.equal(await bench.reach(hit({})), '127.0.0.1:6346 /get/7/a');
  assert.equal(await bench.reach(hit({ firewalled: true })), 'nobody can pass the push on');
});

test('an address within our own network that the internet tells of is not dialled, nor a holder pushed whose name is none', async (t) => {
  const bench = new Bench(t, { own: '198.51.100.7:6346' });
  for (const inside of ['127.0.0.1:80', '192.168.1.1:80', '10.0.0.1:80'])
    assert.equal(await bench.reach(hit({ endpoint: at(inside), id: 'short' })), 'nobody can pass the push on');
  assert.equal(await bench.reach(hit({ endpoint: at('203.0.113.9:80'), id: 'short' })), '203.0.113.9:80 /get/7/a');
});

test('who does not know where he is believes of addresses what those around him can mean', () => {
  assert.equal(mayMean(at('192.168.1.1:80'), null, [at('203.0.113.9:1')]), false);
  assert.equal(mayMean(at('192.168.1.1:80'), null, [at('203.0.113.9:1'), at('192.168.1.7:1')]), true);
  assert.equal(mayMean(at('203.0.113.9:1'), null, []), false);
});
