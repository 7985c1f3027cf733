/** What a servent shows to one who browses him, read with the care that strangers deserve. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { mutate } from '../../../test/mutate.ts';
import { FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { type Answerer, hitPackets } from './answers.ts';
import { browsedHits } from './browsed-hits.ts';
import { newGuid } from './guid.ts';
import { packetCodec } from './packet.ts';
import { queryPacket } from './query-router.ts';

const HERE = endpointOf('1.2.3.4', 6346) as Endpoint;
const ELSEWHERE = endpointOf('5.6.7.8', 80) as Endpoint;

function page(names: readonly string[], endpoint: Endpoint, isFirewalled = false): Uint8Array {
  const random = new Random(1);
  const files = names.map((name, at): SharedFile => {
    return { id: at + 1, name, folder: '', bytes: 1_000, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: NO_HASHES };
  });
  const us: Answerer = { endpoint, servent: newGuid(random), vendor: 'KITH', isFirewalled, proxies: [], speed: 100, isBusy: false };
  return concatBytes(hitPackets(newGuid(random), 1, files, 2, us).map((packet) => encodeToBytes(packetCodec, packet)));
}

test('all hits are told, with the holder where he was asked, whatever he says of where he is', () => {
  const bytes = concatBytes([page(['a.mp3', 'b.mp3', 'c.mp3'], HERE), page(['d.mp3'], ELSEWHERE, true)]);
  assert.deepEqual(
    browsedHits(bytes, HERE, null).map(({ name, holder }) => [name, holder.endpoint, holder.firewalled]),
    ['a.mp3', 'b.mp3', 'c.mp3', 'd.mp3'].map((name) => [name, HERE, false]),
  );
});

test('what is no hit is skipped, and behind what cannot be read nothing is', () => {
  const query = encodeToBytes(packetCodec, queryPacket(newGuid(new Random(2)), 1, new Uint8Array(9)));
  const tooLong = new Uint8Array(23).fill(0xff);
  const bytes = concatBytes([page(['a.mp3'], HERE), query, page(['b.mp3'], HERE), tooLong, page(['c.mp3'], HERE)]);
  assert.deepEqual(
    browsedHits(bytes, HERE, null).map(({ name }) => name),
    ['a.mp3', 'b.mp3'],
  );
});

test(`${FUZZ_INPUTS} hostile pages throw nothing`, () => {
  const random = new Random(SEED, 21);
  const pool = [page(['a.mp3', 'b.mp3', 'c.mp3'], HERE), page(['d.mp3'], ELSEWHERE, true)];
  for (let input = 0; input < FUZZ_INPUTS; input++) browsedHits(mutate(pool, random), HERE, null);
});
