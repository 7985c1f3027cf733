import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { Random } from '../../core/random.ts';
import { clientOf, makePeerId, PEER_ID_BYTES } from './peer-id.ts';

function idOf(start: string): Uint8Array {
  return latin1Bytes(start.padEnd(PEER_ID_BYTES, 'x'));
}

test('our own id has 20 bytes, names us, and differs each time', () => {
  const random = new Random(1);
  const ids = [makePeerId(random), makePeerId(random)];
  for (const id of ids) {
    assert.match(latin1(id), /^-KI0100-[0-9A-Za-z]{12}$/);
    assert.equal(clientOf(id), 'kith 0.1.0');
  }
  assert.notDeepEqual(ids[0], ids[1]);
});

test('the ids of real clients tell their names and versions', () => {
  for (const [start, client] of [
    ['-TR3000-', 'Transmission 3.0.0'],
    ['-TR406Z-', 'Transmission 4.0.6'],
    ['-qB4520-', 'qBittorrent 4.5.2'],
    ['-LT2080-', 'libtorrent 2.0.8'],
    ['-lt0D80-', 'rTorrent 0.13.8'],
    ['-UT355W-', 'µTorrent 3.5.5'],
    ['-WW0321-', 'WebTorrent 0.3.2.1'],
    ['-AZ2060-', 'Azureus 2.0.6'],
    ['A2-1-36-0-', 'aria2 1.36.0'],
    ['M7-10-1--', 'BitTorrent 7.10.1'],
    ['Q1-10-0-', 'Queen Bee 1.10.0'],
    ['S58B-----', "Shadow's client 5.8.11"],
    ['T03I-----', 'BitTornado 0.3.18'],
    ['XBT054d-', 'XBT Client 054'],
    ['-ML2.7.2-kg', 'MLdonkey 2.7.2'],
    ['exbc\0\x38', 'BitComet 0.56'],
    ['exbc\x01\x02LORD', 'BitLord 1.02'],
    ['346------', 'TorrenTopia'],
  ] as const) {
    assert.equal(clientOf(idOf(start)), client);
  }
});

test('an unknown id shows its first readable characters', () => {
  assert.equal(clientOf(idOf('-??1234-')), 'unknown (-??1234-)');
  assert.equal(clientOf(new Uint8Array(PEER_ID_BYTES)), 'unknown');
});

test('no id makes a name that is unfit to be shown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: PEER_ID_BYTES, maxLength: PEER_ID_BYTES }), (id) => {
      assert.match(clientOf(id), /^[\x20-\x7eµ]{1,60}$/);
    }),
  );
});
