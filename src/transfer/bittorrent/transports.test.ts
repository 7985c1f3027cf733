import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NatWorld } from '../../../test/fixtures/nat-world.ts';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import type { NodeOptions } from '../../sim/sim-node.ts';
import { Transports } from './transports.ts';

const FAR = at('8.8.8.8:6881');
const NEAR = at('192.168.1.5:6881');

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function hostOf(options: NodeOptions): Host {
  return new NatWorld().caller(options).host;
}

function transportsOf(options: NodeOptions, addresses: readonly string[] | null = null): Transports {
  return new Transports(hostOf(options), 'both', 1, addresses === null ? null : () => addresses.map(at));
}

test('who is behind a router dials the open internet over µTP first, and its own network over TCP', () => {
  const transports = transportsOf({ nat: { kind: 'port-restricted' } });
  assert.deepEqual(
    [transports.reaching(FAR), transports.reaching(NEAR)],
    [
      ['utp', 'tcp'],
      ['tcp', 'utp'],
    ],
  );
});

test('who has a public address dials over TCP first', () => {
  assert.deepEqual(transportsOf({}).reaching(FAR), ['tcp', 'utp']);
  assert.deepEqual(transportsOf({ nat: { kind: 'symmetric' } }, ['192.168.1.2:0', '203.0.113.7:0']).reaching(FAR), ['tcp', 'utp']);
});

test('a public address of the other family says nothing', () => {
  const transports = transportsOf({}, ['192.168.1.2:0', '[2a00::1]:0']);
  assert.deepEqual([transports.reaching(FAR)[0], transports.reaching(at('[2a00::2]:6881'))[0]], ['utp', 'tcp']);
});

test('once somebody from the open internet has come in by TCP, TCP comes first again', () => {
  const host = hostOf({ nat: { kind: 'port-restricted' } });
  const transports = new Transports(host, 'both', 1, null);
  const come = (text: string, transport: 'tcp' | 'utp'): void => transports.cameIn(host.peer(at(text)), transport);
  come('8.8.4.4:1234', 'utp');
  come('10.0.0.77:1234', 'tcp');
  assert.equal(transports.reaching(FAR)[0], 'utp');
  come('8.8.4.4:1234', 'tcp');
  assert.equal(transports.reaching(FAR)[0], 'tcp');
});

test('once the router lets strangers in, TCP comes first again', () => {
  const transports = transportsOf({ nat: { kind: 'port-restricted' } });
  transports.letIn();
  assert.equal(transports.reaching(FAR)[0], 'tcp');
});
