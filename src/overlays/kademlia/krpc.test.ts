/** KRPC: the laws of codecs, the packets in BEP 5, and what programs out there send that is not by the book. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { randomKrpc } from '../../../test/kademlia/random-krpc.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { hexOf } from '../../core/hex.ts';
import { krpc } from './krpc.ts';
import type { KrpcMessage } from './krpc-messages.ts';

const A = 'abcdefghij0123456789';
const M = 'mnopqrstuvwxyz123456';
/** The examples of BEP 5. */
const BEP5 = {
  'ping query': `d1:ad2:id20:${A}e1:q4:ping1:t2:aa1:y1:qe`,
  'ping reply': `d1:rd2:id20:${M}e1:t2:aa1:y1:re`,
  error: 'd1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee',
  'find_node query': `d1:ad2:id20:${A}6:target20:${M}e1:q9:find_node1:t2:aa1:y1:qe`,
  'get_peers query': `d1:ad2:id20:${A}9:info_hash20:${M}e1:q9:get_peers1:t2:aa1:y1:qe`,
  'get_peers reply with peers': `d1:rd2:id20:${A}5:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re`,
  'announce_peer query': `d1:ad2:id20:${A}12:implied_porti1e9:info_hash20:${M}4:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe`,
};
/** A node of 9 bytes, as the example of BEP 5 has it, is none: it reads as no nodes. */
const SEEDS = [
  `d1:rd2:id20:0123456789abcdefghij5:nodes9:def456...e1:t2:aa1:y1:re`,
  `d1:y1:q1:t2:aa1:q4:ping1:ad2:id20:${A}ee`,
  `d2:ip6:abcdef1:rd4:BFpe3:abc2:id20:${A}6:valuesli1e6:axje.u18:0123456789abcdefghe1:v${'l'.repeat(30)}${'e'.repeat(30)}e1:t2:aa1:y1:re`,
];

codecLaws(krpc, randomKrpc, {
  captured: Object.fromEntries(Object.entries(BEP5).map(([name, packet]) => [`BEP 5, ${name}`, hexOf(latin1Bytes(packet))])),
  seeds: SEEDS.map((packet) => hexOf(latin1Bytes(packet))),
});

test('keys in any order, keys that nobody knows and a second spelling of a key are taken as they come', () => {
  const odd = decode(`d1:y1:q2:zzl1:ae1:t2:aa1:q4:ping2:roi1e1:ad6:foobari1e2:id20:${A}2:id20:${M}ee`);
  assert.deepEqual(odd, { ...decode(BEP5['ping query']), readOnly: true });
});

test('BEP 32: a list of values may mix both families, and what is neither is passed over', () => {
  const reply = decode(`d1:rd2:id20:${A}6:valuesl6:axje.u3:bad18:0123456789abcdefghi5e6:idhtnmee1:t1:a1:y1:re`);
  assert.ok(reply.kind === 'reply');
  assert.equal(hexOf(reply.values as Uint8Array), hexOf(latin1Bytes('axje.uidhtnm')));
  assert.equal(hexOf(reply.values6 as Uint8Array), hexOf(latin1Bytes('0123456789abcdefgh')));
});

test('a query without its arguments is told apart from what is no message: it is answered by error 203', () => {
  for (const args of ['de', `d2:id19:${A.slice(1)}e`, `d2:id20:${A}9:info_hash3:abce`, 'le', 'i1e']) {
    const query = decode(`d1:a${args}1:q9:get_peers1:t2:aa1:y1:qe`);
    assert.ok(query.kind === 'query' && query.method === 'invalid', args);
    assert.equal(query.name, 'get_peers');
  }
});

test('an unknown method keeps its name and where it is bound for', () => {
  const query = decode(`d1:ad2:id20:${A}9:info_hash20:${M}e1:q4:vote1:t2:aa1:y1:qe`);
  assert.ok(query.kind === 'query' && query.method === 'unknown' && query.name === 'vote' && query.target !== null);
});

test('what has no transaction, no kind, an endless nesting or a length beyond its end is no message', () => {
  const nested = `d1:x${'l'.repeat(100)}${'e'.repeat(100)}1:t1:a1:y1:re`;
  for (const packet of ['', 'de', 'i1e', `d1:t2:aae`, 'd1:t2:aa1:y1:xe', nested, 'd1:t99999:', 'd1:t2:aa1:y1:re', 'd1:t9999999999:a']) {
    assert.throws(() => decode(packet), MalformedMessage, packet);
  }
});

test('BEP 44: sequence numbers are 64 bits wide, to the last one', () => {
  const query = decode(`d1:ad2:id20:${A}3:seqi9223372036854775807e6:target20:${M}e1:q3:get1:t2:aa1:y1:qe`);
  assert.ok(query.kind === 'query' && query.method === 'get');
  assert.equal(query.seq, 9223372036854775807n);
});

function decode(packet: string): KrpcMessage {
  const bytes = latin1Bytes(packet);
  return krpc.decode(bytes, 0, bytes.length);
}
