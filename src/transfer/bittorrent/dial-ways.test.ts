import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DialWay, DialWays } from './dial-ways.ts';

const BOTH = ['tcp', 'utp'] as const;
const SECRETLY_BY_UTP: DialWay = { transport: 'utp', encrypted: true };

/** All that is left of a dial: `tcp` plainly, `TCP` encrypted. */
function leftOf(ways: DialWays): string {
  const words: string[] = [];
  for (let way = ways.next(); way !== null; way = ways.next()) words.push(way.encrypted ? way.transport.toUpperCase() : way.transport);
  return words.join(' ');
}

test('the transports come in their order, and on each what the policy prefers, then what it allows', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'off', null)), 'tcp utp');
  assert.equal(leftOf(new DialWays(BOTH, 'allow', null)), 'tcp TCP utp UTP');
  assert.equal(leftOf(new DialWays(BOTH, 'prefer', null)), 'TCP tcp UTP utp');
  assert.equal(leftOf(new DialWays(BOTH, 'require', null)), 'TCP UTP');
  assert.equal(leftOf(new DialWays(['utp'], 'allow', null)), 'utp UTP');
});

test('the way that worked comes first, the others as ever', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'allow', SECRETLY_BY_UTP)), 'UTP tcp TCP utp');
});

test('a way that is not allowed is not tried because it worked before', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'off', SECRETLY_BY_UTP)), 'tcp utp');
  assert.equal(leftOf(new DialWays(['tcp'], 'allow', SECRETLY_BY_UTP)), 'tcp TCP');
});

test('a transport over which nobody answers is not tried with other first bytes', () => {
  const ways = new DialWays(BOTH, 'prefer', null);
  assert.deepEqual(ways.next(), { transport: 'tcp', encrypted: true });
  ways.unreachable('tcp');
  assert.equal(leftOf(ways), 'UTP utp');
});

test('each way is tried once, and without a transport there is none', () => {
  const ways = new DialWays(BOTH, 'allow', null);
  leftOf(ways);
  assert.equal(ways.next(), null);
  assert.equal(new DialWays([], 'allow', null).next(), null);
});
