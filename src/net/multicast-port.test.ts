/** Multicast on this machine's loopback: nothing leaves it. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Codec } from '../core/codec.ts';
import { MalformedMessage } from '../core/codec.ts';
import { endpointIp, parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint, Multicaster } from '../core/host.ts';
import { SocketHost } from './socket-host.ts';

/** Groups of our own, so that no program that runs here takes part. */
const GROUPS = ['239.192.152.200:6799', '[ff15::efc0:98c8]:6799'].map((text) => parseEndpoint(text) as Endpoint);
const WAIT_MS_MAX = 5_000;

const text: Codec<string> = {
  name: 'text',
  size: (message) => message.length,
  encode(message, into, offset) {
    return offset + new TextEncoder().encodeInto(message, into.subarray(offset)).written;
  },
  decode(bytes, start, end) {
    const message = Buffer.from(bytes.slice(start, end)).toString();
    if (message === 'bad') throw new MalformedMessage('anything but "bad" expected');
    return message;
  },
};

async function open(t: TestContext, address: string): Promise<{ host: SocketHost; network: Multicaster }> {
  const host = new SocketHost({ address, streamPort: null });
  await host.open();
  t.after(() => host.close());
  return { host, network: await host.openMulticast(GROUPS) };
}

/** Resolves with the first that is heard, where it came from and what it was. */
function heard(network: Multicaster): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nothing was heard')), WAIT_MS_MAX);
    network.hear(text, {
      onHeard(from, message) {
        clearTimeout(timer);
        resolve(`${endpointIp(from)} ${message}`);
      },
    });
  });
}

test('what one says on loopback all hear who are there, the speaker too; what the codec rejects nobody', async (t) => {
  const [first, second] = [await open(t, '127.0.0.1'), await open(t, '127.0.0.1')];
  assert.deepEqual(first.network.groups, [GROUPS[0]]);
  const both = Promise.all([heard(first.network), heard(second.network)]);
  const group = first.network.groups[0] as Endpoint;
  first.network.say(group, text, 'bad');
  first.network.say(group, text, 'hello');
  assert.deepEqual(await both, ['127.0.0.1 hello', '127.0.0.1 hello']);
});

test('a host that has closed neither hears nor speaks, and lets the port go', async (t) => {
  const { host, network } = await open(t, '127.0.0.1');
  const group = network.groups[0] as Endpoint;
  let count = 0;
  network.hear(text, { onHeard: () => count++ });
  await host.close();
  network.say(group, text, 'hello');
  assert.deepEqual([network.groups, count], [[], 0]);
});
