import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DialHints, type DialWay, DialWays, NO_HINTS } from './dial-ways.ts';

const BOTH = ['tcp', 'utp'] as const;
const SECRETLY_BY_UTP: DialWay = { transport: 'utp', encrypted: true };

function hint(known: Partial<DialHints>): DialHints {
  return { ...NO_HINTS, ...known };
}

/** All that is left of a dial: `tcp` plainly, `TCP` encrypted. */
function leftOf(ways: DialWays): string {
  const words: string[] = [];
  for (let way = ways.next(); way !== null; way = ways.next()) words.push(way.encrypted ? way.transport.toUpperCase() : way.transport);
  return words.join(' ');
}

test('the transports come in their order, and on each what the policy prefers, then what it allows', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'off', NO_HINTS)), 'tcp utp');
  assert.equal(leftOf(new DialWays(BOTH, 'allow', NO_HINTS)), 'tcp TCP utp UTP');
  assert.equal(leftOf(new DialWays(BOTH, 'prefer', NO_HINTS)), 'TCP tcp UTP utp');
  assert.equal(leftOf(new DialWays(BOTH, 'require', NO_HINTS)), 'TCP UTP');
  assert.equal(leftOf(new DialWays(['utp'], 'allow', NO_HINTS)), 'utp UTP');
});

test('the way that worked comes first, the others as ever', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'allow', hint({ before: SECRETLY_BY_UTP }))), 'UTP tcp TCP utp');
});

test('whoever is said to prefer encryption is dialled so first, where the policy leaves the choice', () => {
  const wish = hint({ prefersEncryption: true });
  assert.equal(leftOf(new DialWays(BOTH, 'allow', wish)), 'TCP tcp UTP utp');
  assert.equal(leftOf(new DialWays(BOTH, 'off', wish)), 'tcp utp');
  assert.equal(leftOf(new DialWays(BOTH, 'require', wish)), 'TCP UTP');
});

test('whoever is said to speak µTP is dialled over it first, where it is in use', () => {
  const wish = hint({ prefersUtp: true });
  assert.equal(leftOf(new DialWays(BOTH, 'allow', wish)), 'utp UTP tcp TCP');
  assert.equal(leftOf(new DialWays(['tcp'], 'off', wish)), 'tcp');
  assert.equal(leftOf(new DialWays(BOTH, 'off', { ...wish, before: { transport: 'tcp', encrypted: false } })), 'tcp utp');
});

test('a way that is not allowed is not tried because it worked before', () => {
  assert.equal(leftOf(new DialWays(BOTH, 'off', hint({ before: SECRETLY_BY_UTP }))), 'tcp utp');
  assert.equal(leftOf(new DialWays(['tcp'], 'allow', hint({ before: SECRETLY_BY_UTP }))), 'tcp TCP');
});

test('a transport over which nobody answers is not tried with other first bytes', () => {
  const ways = new DialWays(BOTH, 'prefer', NO_HINTS);
  assert.deepEqual(ways.next(), { transport: 'tcp', encrypted: true });
  ways.unreachable('tcp');
  assert.equal(leftOf(ways), 'UTP utp');
});

test('each way is tried once, and without a transport there is none', () => {
  const ways = new DialWays(BOTH, 'allow', NO_HINTS);
  leftOf(ways);
  assert.equal(ways.next(), null);
  assert.equal(new DialWays([], 'allow', NO_HINTS).next(), null);
});
