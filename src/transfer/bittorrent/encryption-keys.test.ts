import assert from 'node:assert/strict';
import { createDiffieHellman, createHash } from 'node:crypto';
import { test } from 'node:test';
import { SEED } from '../../../test/codec-laws.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { cipherOf, KEY_BYTES, KeyExchange, maskTorrentMark, paddingEnd, PRIVATE_KEY_BYTES, torrentMark } from './encryption-keys.ts';

/** As the specification prints it. */
const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
  'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563';

function sha(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

test('keys and secrets are those that OpenSSL computes', () => {
  const random = new Random(SEED);
  const oracle = createDiffieHellman(PRIME, 'hex', 2);
  for (let round = 0; round < 20; round++) {
    const ours = random.fill(new Uint8Array(PRIVATE_KEY_BYTES));
    const theirs = random.fill(new Uint8Array(PRIVATE_KEY_BYTES));
    const [near, far] = [new KeyExchange(ours), new KeyExchange(theirs)];
    oracle.setPrivateKey(ours);
    assert.equal(hexOf(near.publicKey), oracle.generateKeys('hex').padStart(2 * KEY_BYTES, '0'), `KITH_SEED=${SEED}`);
    const secret = near.agree(far.publicKey) as Uint8Array;
    assert.equal(
      hexOf(secret),
      oracle
        .computeSecret(far.publicKey)
        .toString('hex')
        .padStart(2 * KEY_BYTES, '0'),
    );
    assert.deepEqual(far.agree(near.publicKey), secret);
  }
});

test('a key whose powers anybody could guess is none, and neither is one outside of the group', () => {
  const exchange = new KeyExchange(Uint8Array.of(7));
  const prime = BigInt(`0x${PRIME}`);
  for (const bad of [0n, 1n, prime - 1n, prime, prime + 1n]) {
    assert.equal(exchange.agree(bytesOfHex(bad.toString(16).padStart(2 * KEY_BYTES, '0')) as Uint8Array), null, `${bad}`);
  }
});

test('the hashes are over the words of the specification, and a masked mark shows itself to who knows S', () => {
  const secret = new Uint8Array(KEY_BYTES).fill(3);
  const infoHash = new Uint8Array(20).fill(4);
  assert.equal(hexOf(paddingEnd(secret)), sha('req1', secret));
  assert.equal(hexOf(torrentMark(infoHash)), sha('req2', infoHash));
  const masked = maskTorrentMark(torrentMark(infoHash), secret);
  assert.deepEqual(maskTorrentMark(masked, secret), torrentMark(infoHash));
  const mask = bytesOfHex(sha('req3', secret)) as Uint8Array;
  assert.deepEqual(
    masked,
    torrentMark(infoHash).map((byte, index) => byte ^ (mask[index] as number)),
  );
});

test('each direction has a keystream of its own, of which the first 1024 bytes are dropped', () => {
  const secret = new Uint8Array(KEY_BYTES).fill(3);
  const infoHash = new Uint8Array(20).fill(4);
  // RC4 once more, written from its definition and for nothing else.
  const plain = (key: string): string => {
    const k = bytesOfHex(key) as Uint8Array;
    const s = [...Array(256).keys()];
    for (let i = 0, j = 0; i < 256; i++) {
      j = (j + (s[i] as number) + (k[i % 20] as number)) % 256;
      [s[i], s[j]] = [s[j] as number, s[i] as number];
    }
    const out: number[] = [];
    for (let n = 0, i = 0, j = 0; n < 1040; n++) {
      i = (i + 1) % 256;
      j = (j + (s[i] as number)) % 256;
      [s[i], s[j]] = [s[j] as number, s[i] as number];
      out.push(s[((s[i] as number) + (s[j] as number)) % 256] as number);
    }
    return hexOf(Uint8Array.from(out.slice(1024)));
  };
  for (const [direction, word] of [
    ['from dialler', 'keyA'],
    ['to dialler', 'keyB'],
  ] as const) {
    const bytes = new Uint8Array(16);
    cipherOf(direction, secret, infoHash).transform(bytes, 0, 16, bytes, 0);
    assert.equal(hexOf(bytes), plain(sha(word, secret, infoHash)));
  }
});
