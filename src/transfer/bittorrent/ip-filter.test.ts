/** The IP filter: what each format of list means, that look-ups agree with a scan of all ranges, and that no list does harm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { IpFilterError, IpFilterParser, type ParsedIpFilter } from './ip-filter-parser.ts';

const SEED = Number(process.env.KITH_SEED ?? 41);

function parse(text: string, rangesMax?: number): ParsedIpFilter {
  const parser = new IpFilterParser(rangesMax);
  parser.push(text);
  return parser.finish();
}

function at(ip: string): Endpoint {
  const endpoint = parseEndpoint(ip.includes(':') ? `[${ip}]:6881` : `${ip}:6881`);
  assert.ok(endpoint !== null, ip);
  return endpoint;
}

function blocked({ filter }: ParsedIpFilter, ...ips: string[]): boolean[] {
  return ips.map((ip) => filter.blocks(at(ip)));
}

test("a line of eMule's ipfilter.dat blocks when its level is below 128, and may have zeros in front", () => {
  const list = parse(
    '# comment\n001.002.004.000 - 001.002.004.255 , 000 , someone, somewhere\n5.0.0.0 - 5.0.0.255 , 200 , friends\n008.009.010.011-008.009.010.011,127,x\n',
  );
  assert.deepEqual(blocked(list, '1.2.3.255', '1.2.4.0', '1.2.4.255', '1.2.5.0', '5.0.0.7', '8.9.10.11'), [
    false,
    true,
    true,
    false,
    false,
    true,
  ]);
  assert.deepEqual([list.entries, list.badLines], [2, 0]);
});

test('a line of PeerGuardian has a name with anything in it, colons included', () => {
  const list = parse('Some: name, 2001:1-2 - x:1.2.3.0-1.2.3.255\r\nother:9.9.9.9-9.9.9.9\r\n');
  assert.deepEqual(blocked(list, '1.2.3.4', '9.9.9.9', '9.9.9.8'), [true, true, false]);
});

test('addresses, ranges and CIDR blocks of both kinds block what they say', () => {
  const list = parse('10.0.0.0/8\n192.0.2.77\n2001:db8::/33\n2001:db9::5-2001:db9::7\nfe80::1\n::ffff:7.0.0.0/104\n0.0.0.0/32');
  assert.deepEqual(blocked(list, '9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0', '192.0.2.77'), [
    false,
    true,
    true,
    false,
    true,
  ]);
  assert.deepEqual(blocked(list, '2001:db8:7fff::1', '2001:db8:8000::', '2001:db9::4', '2001:db9::6', 'fe80::1', 'fe80::2'), [
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
  assert.deepEqual(blocked(list, '7.1.2.3', '::ffff:10.1.1.1'), [true, true]);
});

test('what can block everything does', () => {
  assert.deepEqual(blocked(parse('0.0.0.0/0\n::/0'), '0.0.0.0', '255.255.255.255', '::1', 'ffff::'), [true, true, true, true]);
});

test('ranges that overlap or touch become one, also across the words of IPv6', () => {
  assert.equal(parse('1.0.0.5-1.0.0.9\n1.0.0.0-1.0.0.4\n1.0.0.7-1.0.1.0\n1.0.1.2-1.0.1.2\n').filter.rangeCount, 2);
  assert.equal(parse('2001:db8::-2001:db8::ffff:ffff\n2001:db8::1:0:0-2001:db8::1:0:5\n').filter.rangeCount, 1);
});

test('look-ups agree with a scan of all ranges, wherever the list was cut', () => {
  const random = new Random(SEED, 0);
  for (let round = 0; round < 50; round++) {
    // Few bits differ, so that ranges meet.
    const ranges = Array.from({ length: 1 + random.below(200) }, () => {
      const first = random.below(4000);
      return [first, first + random.below(1 + random.below(60))] as const;
    });
    const ip = (value: number): string => `10.0.${value >> 8}.${value & 255}`;
    const text = ranges.map(([first, last]) => `${ip(first)}-${ip(last)}\n`).join('');
    const parser = new IpFilterParser();
    for (let from = 0; from < text.length; ) {
      const length = 1 + random.below(40);
      parser.push(text.slice(from, from + length));
      from += length;
    }
    const { filter } = parser.finish();
    for (let value = 0; value < 4100; value++) {
      const expected = ranges.some(([first, last]) => value >= first && value <= last);
      assert.equal(filter.blocks(at(ip(value))), expected, `KITH_SEED=${SEED}, ${ip(value)} in ${text}`);
    }
  }
});

test('lines that mean nothing are counted, and a list without one that does is refused', () => {
  const list = parse('1.2.3.4\nnonsense\n1.2.3.256\n9.9.9.9-1.1.1.1\n1.2.3.4/33\n::1-1.2.3.4\n');
  assert.deepEqual([list.entries, list.badLines, list.firstBadLine], [1, 5, 2]);
  assert.throws(
    () => parse('<html>\n<body>\n'),
    new IpFilterError('expected lines like 1.2.3.0-1.2.3.255 or 10.0.0.0/8, got something else in all 2 from line 1 on'),
  );
  assert.equal(parse('\n# nobody\n').entries, 0);
});

test('too many ranges are refused, and a line without end costs no memory', () => {
  assert.throws(() => parse('1.1.1.1\n2.2.2.2\n3.3.3.3\n', 2), /expected at most 2 ranges, got more at line 3/);
  const parser = new IpFilterParser();
  for (let part = 0; part < 1000; part++) parser.push('1.2.3.4 '.repeat(1000));
  parser.push('\n5.5.5.5\n');
  const list = parser.finish();
  assert.deepEqual([list.entries, list.badLines], [1, 1]);
});

test('no text makes the parser throw anything but its own error', () => {
  const random = new Random(SEED, 1);
  const alphabet = '0123456789.:-/,# abcdef\n\r;\u{ef}';
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random.below(60) }, () => alphabet[random.below(alphabet.length)]).join('');
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof IpFilterError, `KITH_SEED=${SEED}: ${JSON.stringify(text)}: ${String(error)}`);
    }
  }
});
