/** The two examples of BEP 40, and what follows from its definition. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseEndpoint } from '../../core/endpoint.ts';
import { peerPriority } from './peer-priority.ts';

const endpoint = (text: string) => parseEndpoint(text) as Uint8Array;

test('BEP 40 example 1: addresses of different /16', () => {
  assert.equal(peerPriority(endpoint('123.213.32.10:1'), endpoint('98.76.54.32:2')), 0xec2d7224);
});

test('BEP 40 example 2: addresses of one /24', () => {
  assert.equal(peerPriority(endpoint('123.213.32.10:1'), endpoint('123.213.32.234:2')), 0x99568189);
});

test('both ends compute the same priority', () => {
  const [a, b] = [endpoint('[2001:db8::1]:1'), endpoint('[2001:db8:0:1::7]:9')];
  assert.equal(peerPriority(a, b), peerPriority(b, a));
});

test('of one address the ports decide', () => {
  const a = endpoint('127.0.0.1:5000');
  assert.notEqual(peerPriority(a, endpoint('127.0.0.1:5001')), peerPriority(a, endpoint('127.0.0.1:5002')));
});
