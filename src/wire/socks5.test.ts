/** The SOCKS codecs against the laws of codecs, and against messages as RFC 1928 and real servers write them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, FUZZ_INPUTS, SEED } from '../../test/codec-laws.ts';
import { mutate } from '../../test/mutate.ts';
import { MalformedMessage } from '../core/codec.ts';
import { endpointOf } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { Random } from '../core/random.ts';
import {
  readSocksDatagramHead,
  type SocksAddress,
  socksChoice,
  socksCredentials,
  socksDatagramHeadBytes,
  socksGreeting,
  socksReply,
  socksRequest,
  socksVerdict,
  writeSocksDatagramHead,
} from './socks5.ts';

function text(random: Random): string {
  let word = '';
  for (let left = 1 + random.below(40); left > 0; left--) word += 'abcdé.-'.charAt(random.below(7));
  return word;
}

function address(random: Random): SocksAddress {
  if (random.chance(0.4)) return { name: text(random), port: random.below(65_536) };
  return { endpoint: random.fill(new Uint8Array(random.chance(0.5) ? 6 : 18)) };
}

codecLaws(socksGreeting, (random) => Array.from({ length: 1 + random.below(5) }, () => random.below(256)), {
  captured: { 'of curl': '05020002', 'of curl without a user': '050100' },
});
codecLaws(socksChoice, (random) => random.below(256), { captured: { 'none acceptable': '05ff' } });
codecLaws(socksCredentials, (random) => ({ user: text(random), password: random.chance(0.2) ? '' : text(random) }), {
  captured: { 'of curl': '0105616c69636506736563726574' },
});
codecLaws(socksVerdict, (random) => random.below(256), { captured: { 'of dante': '0100' } });
codecLaws(socksRequest, (random) => ({ command: 1 + random.below(3), to: address(random) }), {
  captured: { 'CONNECT to a name': '050100030b6578616d706c652e6f72670050', 'UDP ASSOCIATE from anywhere': '05030001000000000000' },
});
codecLaws(socksReply, (random) => ({ code: random.below(9), bound: address(random) }), {
  captured: { 'of dante': '050000017f00000104d2', 'connection refused': '05050001000000000000' },
});

test('what is written before a datagram reads as the same, and hostile ones are malformed and nothing else', () => {
  const random = new Random(SEED, 1);
  const pool: Uint8Array[] = [];
  for (let round = 0; round < 500; round++) {
    const to = address(random);
    const head = new Uint8Array(socksDatagramHeadBytes(to) + 3);
    assert.equal(writeSocksDatagramHead(to, head, 0), head.length - 3);
    assert.deepEqual(readSocksDatagramHead(head, 0, head.length), [to, head.length - 3]);
    pool.push(head);
  }
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const bytes = mutate(pool, random);
    try {
      const [, headBytes] = readSocksDatagramHead(bytes, 0, bytes.length);
      assert.ok(headBytes <= bytes.length);
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, String(error));
    }
  }
});

test('RFC 1928 §7: a fragment is refused', () => {
  const head = new Uint8Array(10);
  writeSocksDatagramHead({ endpoint: endpointOf('192.0.2.1', 80) as Endpoint }, head, 0);
  head[2] = 1;
  assert.throws(() => readSocksDatagramHead(head, 0, head.length), MalformedMessage);
});
