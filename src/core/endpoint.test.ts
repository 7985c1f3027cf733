import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import test from 'node:test';
import { endpointIp, endpointOf, endpointPort, formatEndpoint, parseEndpoint } from './endpoint.ts';
import { hexOf } from './hex.ts';
import { Random } from './random.ts';

const SEED = 4;

for (const [text, hex, canonical] of [
  ['1.2.3.4:80', '010203040050', '1.2.3.4:80'],
  ['[::]:0', '000000000000000000000000000000000000', '[::]:0'],
  ['[2001:DB8:0:0:1::1]:65535', '20010db8000000000001000000000001ffff', '[2001:db8::1:0:0:1]:65535'],
  ['[::ffff:1.2.3.4]:1', '00000000000000000000ffff010203040001', '[::ffff:102:304]:1'],
  ['[1:0:0:2::]:1', '000100000000000200000000000000000001', '[1:0:0:2::]:1'],
] as const) {
  test(`${text} is ${hex} and is written ${canonical}`, () => {
    const endpoint = parseEndpoint(text);
    assert.ok(endpoint !== null);
    assert.equal(hexOf(endpoint), hex);
    assert.equal(formatEndpoint(endpoint), canonical);
  });
}

for (const text of [
  '',
  '1.2.3.4',
  '1.2.3:80',
  '1.2.3.256:80',
  '1.2.3.4:65536',
  '::1:80',
  '[::1]',
  '[1::2::3]:1',
  '[12345::]:1',
  '[1:2:3:4:5:6:7]:1',
  'host:80',
  '[1.2.3.4]:80x',
]) {
  test(`${JSON.stringify(text)} is no endpoint`, () => assert.equal(parseEndpoint(text), null));
}

test('every address that is written is read back, and the platform agrees that it is one', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 5000; round++) {
    const endpoint = random.fill(new Uint8Array(random.chance(0.5) ? 6 : 18));
    // Zeros bring out the short form.
    for (let at = 0; at < endpoint.length; at++) if (random.chance(0.5)) endpoint[at] = 0;
    const text = formatEndpoint(endpoint);
    assert.deepEqual(parseEndpoint(text), endpoint, `seed ${SEED} round ${round}: ${text}`);
    assert.equal(isIP(endpointIp(endpoint)), endpoint.length === 6 ? 4 : 6);
    assert.deepEqual(endpointOf(endpointIp(endpoint), endpointPort(endpoint)), endpoint);
  }
});

test('what the platform takes for an IPv6 address is read, and nothing else', () => {
  const random = new Random(SEED);
  const parts = [':', ':', ':', '::', '0', '1', 'ff', 'abcd', '1.2.3.4', 'g', '12345'];
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: random.below(18) }, () => parts[random.below(parts.length)]).join('');
    if (!text.includes(':')) continue;
    assert.equal(endpointOf(text, 1) !== null, isIP(text) === 6, `seed ${SEED} round ${round}: ${text}`);
  }
});
