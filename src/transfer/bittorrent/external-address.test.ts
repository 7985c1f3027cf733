/** Whom to believe about one's own address. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ExternalAddress } from './external-address.ts';

const endpoint = (text: string) => parseEndpoint(text) as Endpoint;
const ip = (text: string) => endpoint(text.includes(':') ? `[${text}]:1` : `${text}:1`).slice(0, -2);
const seen = (address: ExternalAddress, from: string) => {
  const self = address.seenFrom(endpoint(from));
  return self === null ? null : formatEndpoint(self);
};

test('one voice alone is not believed, however often it speaks', () => {
  const address = new ExternalAddress(6881);
  for (let time = 0; time < 5; time++) assert.equal(address.vote(ip('1.2.3.4'), 'liar'), false);
  assert.equal(seen(address, '9.9.9.9:1'), null);
});

test('two that agree are believed, with the port we listen on', () => {
  const address = new ExternalAddress(6881);
  address.vote(ip('1.2.3.4'), 'a');
  assert.equal(address.vote(ip('1.2.3.4'), 'b'), true);
  assert.equal(seen(address, '9.9.9.9:1'), '1.2.3.4:6881');
});

test('a majority outvotes those who spoke first', () => {
  const address = new ExternalAddress(6881);
  for (const voter of ['a', 'b']) address.vote(ip('1.2.3.4'), voter);
  for (const voter of ['c', 'd', 'e']) address.vote(ip('5.6.7.8'), voter);
  assert.equal(seen(address, '9.9.9.9:1'), '5.6.7.8:6881');
});

test('each family has an address of its own', () => {
  const address = new ExternalAddress(1);
  for (const voter of ['a', 'b']) address.vote(ip('2001:db8::7'), voter);
  assert.equal(seen(address, '9.9.9.9:1'), null);
  assert.equal(seen(address, '[2001:db8::1]:9'), '[2001:db8::7]:1');
});

test('votes beyond the bound push out the oldest', () => {
  const address = new ExternalAddress(1);
  for (let voter = 0; voter < 60; voter++) address.vote(ip('1.1.1.1'), `old ${voter}`);
  for (let voter = 0; voter < 49; voter++) address.vote(ip('2.2.2.2'), `new ${voter}`);
  assert.equal(seen(address, '9.9.9.9:1'), '2.2.2.2:1');
});
