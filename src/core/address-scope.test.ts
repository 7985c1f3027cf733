import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressScope, isLocal, isNowhere, mayName, scopeOf, sharesSubnet } from './address-scope.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Endpoint } from './host.ts';

function at(ip: string): Endpoint {
  return parseEndpoint(ip.includes(':') ? `[${ip}]:80` : `${ip}:80`) as Endpoint;
}

test('addresses are sorted by how far they reach', () => {
  const examples: Record<keyof typeof AddressScope, readonly string[]> = {
    loopback: ['127.0.0.1', '127.9.9.9', '::1'],
    link: ['169.254.0.1', 'fe80::1', 'febf::1'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '100.127.255.255', 'fc00::1', 'fdff::1'],
    public: ['1.2.3.4', '172.15.0.1', '172.32.0.1', '192.167.0.1', '100.63.0.1', '100.128.0.1', '2001:db8::1', 'fec0::1', '::2'],
  };
  for (const [name, ips] of Object.entries(examples)) {
    for (const ip of ips) assert.equal(scopeOf(at(ip)), AddressScope[name as keyof typeof AddressScope], ip);
  }
});

test('local is what nobody else has, but not the customers of a provider', () => {
  for (const ip of ['127.0.0.1', '169.254.0.1', '10.0.0.1', '172.31.0.1', '192.168.0.1', 'fe80::1', 'fc00::1', '::1'])
    assert.ok(isLocal(at(ip)), ip);
  for (const ip of ['100.64.0.1', '1.2.3.4', '172.32.0.1', '2001:db8::1']) assert.ok(!isLocal(at(ip)), ip);
});

test('who is further away names nobody in here, and who is in here may name anybody', () => {
  for (const inner of ['127.0.0.1', '169.254.0.1', '10.0.0.1', 'fe80::1', '::1']) {
    assert.equal(mayName(at('1.2.3.4'), at(inner)), false, inner);
    assert.equal(mayName(at(inner), at('1.2.3.4')), true, inner);
    assert.equal(mayName(at(inner), at(inner)), true, inner);
  }
  assert.equal(mayName(at('10.0.0.1'), at('127.0.0.1')), false);
});

test('a subnet is a /24 or a /64', () => {
  const cases = [
    ['1.2.3.4', '1.2.3.200', true],
    ['1.2.3.4', '1.2.4.4', false],
    ['2001:db8::1', '2001:db8::ffff:1', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['1.2.3.4', '2001:db8::1', false],
  ] as const;
  for (const [a, b, same] of cases) assert.equal(sharesSubnet(at(a), at(b)), same, `${a} and ${b}`);
});

test('nobody is at unspecified, multicast and broadcast addresses, nor at IPv4 in the guise of IPv6', () => {
  for (const ip of ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:1.2.3.4']) {
    assert.equal(isNowhere(at(ip)), true, ip);
  }
  for (const ip of ['1.0.0.1', '127.0.0.1', '::1', '2001:db8::1']) assert.equal(isNowhere(at(ip)), false, ip);
});
