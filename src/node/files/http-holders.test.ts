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
    endpoint: at('192.168.1.7:6346'),
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
  #onPush: () => void = () => undefined;
  readonly #network: { isMember: boolean };
  readonly #holders: HttpHolders;

  constructor(t: TestContext, { own = '192.168.1.2:1', passesOn = true, isMember = true } = {}) {
    const host = new SocketHost({ streamPort: null, datagramPort: null });
    t.after(() => host.close());
    const push = (_holder: Holder, index: number): boolean => {
      if (!passesOn) return false;
      this.pushed.push(index);
      this.#onPush();
      return true;
    };
    const mayDial = (endpoint: Endpoint): boolean => mayMean(endpoint, at(own), []);
    const network = { push, mayDial, isMember };
    this.#network = network;
    this.#holders = new HttpHolders(network, new PushDesk(host));
  }

  joins(): void {
    this.#network.isMember = true;
  }

  /** Where he is to be dialled, why he cannot be, or that he has been asked to come. */
  reach(of: SearchHit): Promise<string> {
    return new Promise<string>((told) => {
      const onAddress = (endpoint: Endpoint, ask: FileAsk): void =>
        told(`${formatEndpoint(endpoint)} ${'target' in ask ? ask.target : ''}`);
      this.#onPush = () => told('asked to come');
      this.#holders.reach(of, { onAddress, onStream: () => told('came'), onUnreachable: told });
    });
  }
}

test('a holder is dialled where he is, and asked to come when he is reached for again', async (t) => {
  const bench = new Bench(t);
  const ways = [await bench.reach(hit({})), await bench.reach(hit({})), await bench.reach(hit({}))];
  assert.deepEqual(ways, ['192.168.1.7:6346 /get/7/a', 'asked to come', '192.168.1.7:6346 /get/7/a']);
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
  assert.equal(await bench.reach(hit({})), '192.168.1.7:6346 /get/7/a');
  assert.equal(await bench.reach(hit({ firewalled: true })), 'nobody can pass the push on');
});

test('while there are no neighbours a push waits for them', async (t) => {
  const bench = new Bench(t, { isMember: false });
  const asked = bench.reach(hit({ firewalled: true }));
  const early = await Promise.race([asked, new Promise((soon) => setTimeout(() => soon('waits'), 20))]);
  bench.joins();
  assert.deepEqual([early, await asked], ['waits', 'asked to come']);
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
  assert.equal(mayMean(at('203.0.113.9:1'), null, []), true);
  // That we listen to our own machine says nothing of where we are.
  assert.equal(mayMean(at('127.0.0.1:80'), at('127.0.0.1:6346'), [at('203.0.113.9:1')]), false);
  assert.equal(mayMean(at('127.0.0.1:80'), at('127.0.0.1:6346'), [at('127.0.0.1:6348')]), true);
});
