import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from './endpoint.ts';
import type { Endpoint } from './host.ts';
import { OwnAddress } from './own-address.ts';

const at = (text: string): Endpoint => parseEndpoint(text) as Endpoint;
const FAR = at('93.184.216.34:6346');

function listeningAt(text: string | null): OwnAddress {
  return new OwnAddress({ self: { stream: text === null ? null : at(text), datagram: null } });
}

function told(own: OwnAddress): string | null {
  return own.endpoint === null ? null : formatEndpoint(own.endpoint);
}

test('what the socket knows is believed before what others say, and who listens to nobody has no address', () => {
  const [known, deaf] = [listeningAt('5.6.7.8:6346'), listeningAt(null)];
  for (const own of [known, deaf]) own.onSeen(FAR, '9.9.9.9');
  assert.deepEqual([told(known), told(deaf)], ['5.6.7.8:6346', null]);
});

test('the first who is dialled is believed; against him it takes two who say the same', () => {
  const own = listeningAt('0.0.0.0:6346');
  const seen = ['5.6.7.8', '9.9.9.9', '5.6.7.8', '9.9.9.9', '9.9.9.9'].map((ip) => {
    own.onSeen(FAR, ip);
    return told(own);
  });
  assert.deepEqual(seen, [...new Array<string>(4).fill('5.6.7.8:6346'), '9.9.9.9:6346']);
});

test('nobody far away tells us that we are in our own network, nowhere, or no address at all', () => {
  const own = listeningAt('0.0.0.0:6346');
  for (const ip of ['127.0.0.1', '192.168.1.2', '0.0.0.0', '239.1.1.1', '::1', 'walrus', '']) own.onSeen(FAR, ip);
  assert.equal(told(own), null);
});

test('we dial neither ourselves nor, when we are seen from afar, our own machine', () => {
  const own = listeningAt('5.6.7.8:6346');
  const may = ['5.6.7.8:6346', '5.6.7.8:6347', '127.0.0.1:6346', '9.9.9.9:0', '224.0.0.1:6346'].map((text) => own.mayDial(at(text)));
  assert.deepEqual(may, [false, true, false, false, false]);
  assert.ok(listeningAt('127.0.0.1:6346').mayDial(at('127.0.0.1:6347')));
});
