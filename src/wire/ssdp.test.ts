/** The SSDP codec on answers of real devices, and the laws of all codecs. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { hexOf } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import { SSDP_BYTES_MAX, type SsdpAnswer, ssdpAnswer, ssdpSearch } from './ssdp.ts';

const MINIUPNPD = [
  'HTTP/1.1 200 OK',
  'CACHE-CONTROL: max-age=120',
  'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'USN: uuid:00000000-0000-0000-0000-000000000001::urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'EXT:',
  'SERVER: Debian/6.18 UPnP/1.1 MiniUPnPd/2.3.1',
  'LOCATION: http://10.0.0.1:5000/rootDesc.xml',
  'OPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01',
  '',
  '',
].join('\r\n');

codecLaws(ssdpAnswer, randomAnswer, { seeds: [hexOf(latin1Bytes(MINIUPNPD))] });

test('an answer tells where the device describes itself, whatever the case of the field names', () => {
  for (const text of [MINIUPNPD, MINIUPNPD.replace('LOCATION:', 'location :'), MINIUPNPD.replaceAll('\r\n', '\n')]) {
    assert.equal(decode(text).location, 'http://10.0.0.1:5000/rootDesc.xml');
  }
});

test('what is no answer, has no address, or is longer than a datagram of ours may be, is refused', () => {
  for (const text of [
    MINIUPNPD.replace('HTTP/1.1 200', 'NOTIFY *'),
    MINIUPNPD.replace('LOCATION', 'X'),
    MINIUPNPD.replace('http://', 'http://a b'),
    MINIUPNPD + ' '.repeat(SSDP_BYTES_MAX),
  ]) {
    assert.throws(() => decode(text), MalformedMessage);
  }
});

test('a search names what is looked for and how long one may wait', () => {
  const text = latin1(ssdpSearch('urn:x', '239.255.255.250:1900', 1));
  assert.match(text, /^M-SEARCH \* HTTP\/1\.1\r\nHOST: 239\.255\.255\.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: urn:x\r\n/);
  assert.ok(text.endsWith('\r\n\r\n'));
});

function decode(text: string): SsdpAnswer {
  const bytes = latin1Bytes(text);
  return ssdpAnswer.decode(bytes, 0, bytes.length);
}

function randomAnswer(random: Random): SsdpAnswer {
  return { location: randomText(random), target: randomText(random) };
}

function randomText(random: Random): string {
  return Array.from({ length: 1 + random.below(80) }, () => String.fromCharCode(0x21 + random.below(94))).join('');
}
