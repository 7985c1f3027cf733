import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { ByteStream } from '../../../test/fixtures/byte-stream.ts';
import { mutate } from '../../../test/mutate.ts';
import { concatBytes, equalBytes, latin1, writeU16, writeU32 } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import type { Peer } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { Rc4 } from '../../core/rc4.ts';
import { EncryptedDial } from './encrypted-dial.ts';
import { PAD_BYTES_MAX } from './encryption-handshake.ts';
import { cipherOf, KEY_BYTES, KeyExchange, maskTorrentMark, paddingEnd, PRIVATE_KEY_BYTES, torrentMark } from './encryption-keys.ts';
import { type EncryptionPolicy, providedBy } from './encryption-policy.ts';
import { Greeting } from './greeting.ts';
import { PeerConnection } from './peer-connection.ts';
import { type Handshake, PeerMessageId, peerMessage } from './peer-messages.ts';

const INFO_HASH = new Uint8Array(20).fill(0x11);
const PEER_ID = new Uint8Array(20).fill(0x22);
const HANDSHAKE: Handshake = { id: PeerMessageId.handshake, reserved: new Uint8Array(8), infoHash: INFO_HASH, peerId: PEER_ID };
/** Nothing that a stranger sends is waited for longer: a key, a pad and its end, the rest of an offer with the longest pad. */
const WAITED_BYTES_MAX = KEY_BYTES + PAD_BYTES_MAX + 20 + 20 + 14 + PAD_BYTES_MAX + 2;

interface End {
  readonly stream: ByteStream;
  readonly connection: PeerConnection;
  /** What BitTorrent has been told once the handshake was out of the way. */
  readonly heard: Handshake[];
}

function connectionOf(incoming: boolean, heard: Handshake[]): PeerConnection {
  const owner = {
    dhtPort: null,
    peerId: PEER_ID,
    onIncomingHandshake: (_connection: PeerConnection, handshake: Handshake) => {
      heard.push(handshake);
      return null;
    },
    onStrangerGone() {},
  };
  return new PeerConnection(owner, null, 1 as Peer, new Uint8Array(6), incoming, 0);
}

function greetingEnd(encryption: EncryptionPolicy, seed: number): End {
  const random = new Random(seed, 1);
  const heard: Handshake[] = [];
  const connection = connectionOf(true, heard);
  const greeting = new Greeting(connection, random, {
    encryption,
    spendKey: () => random.fill(new Uint8Array(PRIVATE_KEY_BYTES)),
    infoHashOfMark: (mark) => (equalBytes(mark, torrentMark(INFO_HASH)) ? INFO_HASH : null),
  });
  const stream = new ByteStream(true, greeting.framing, greeting);
  greeting.onOpen(stream);
  return { stream, connection, heard };
}

function dialEnd(encryption: EncryptionPolicy, seed: number, infoHash = INFO_HASH): End {
  const random = new Random(seed, 2);
  const heard: Handshake[] = [];
  const connection = connectionOf(false, heard);
  const privateKey = random.fill(new Uint8Array(PRIVATE_KEY_BYTES));
  const dial = new EncryptedDial(connection, random, { privateKey, infoHash, peerId: PEER_ID, provided: providedBy(encryption) });
  const stream = new ByteStream(false, dial.framing, dial);
  connection.onOpen(stream);
  dial.begin();
  return { stream, connection, heard };
}

/** Both sides talk until nobody has anything to say; what each has sent. */
function talk(dial: End, greeting: End): { readonly fromDial: Uint8Array; readonly fromGreeting: Uint8Array } {
  const [fromDial, fromGreeting]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (let turn = 0; turn < 4; turn++) {
    fromDial.push(dial.stream.taken());
    greeting.stream.arrive(fromDial.at(-1) as Uint8Array);
    fromGreeting.push(greeting.stream.taken());
    dial.stream.arrive(fromGreeting.at(-1) as Uint8Array);
  }
  return { fromDial: concatBytes(fromDial), fromGreeting: concatBytes(fromGreeting) };
}

/** What the one who answered got of a dial that sends such bytes, in such chunks. */
function answered(chunks: readonly Uint8Array[], policy: EncryptionPolicy = 'allow', seed = 1): string {
  const { stream, connection, heard } = greetingEnd(policy, seed);
  for (const chunk of chunks) stream.arrive(chunk);
  return JSON.stringify([heard.map(({ infoHash }) => latin1(infoHash)), connection.encryption, stream.over, latin1(stream.taken())]);
}

function cutAt(bytes: Uint8Array, cut: number): Uint8Array[] {
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

test('two that may agree do, on what both policies want, and BitTorrent begins behind it', () => {
  const expected: readonly (readonly [EncryptionPolicy, EncryptionPolicy, 'handshake' | 'all'])[] = [
    ['allow', 'allow', 'handshake'],
    ['allow', 'prefer', 'all'],
    ['allow', 'require', 'all'],
    ['prefer', 'allow', 'handshake'],
    ['prefer', 'prefer', 'all'],
    ['prefer', 'require', 'all'],
    ['require', 'allow', 'all'],
    ['require', 'prefer', 'all'],
    ['require', 'require', 'all'],
  ];
  for (const [dialler, answerer, encryption] of expected) {
    for (let seed = 1; seed <= 20; seed++) {
      const [dial, greeting] = [dialEnd(dialler, seed), greetingEnd(answerer, seed)];
      talk(dial, greeting);
      assert.deepEqual([dial.connection.encryption, greeting.connection.encryption], [encryption, encryption], `${dialler}, ${answerer}`);
      assert.deepEqual(greeting.heard, [{ ...HANDSHAKE, reserved: greeting.heard[0]?.reserved }]);
    }
  }
});

test('what is said after the handshake is heard on the other side, enciphered or not', () => {
  for (const policy of ['allow', 'require'] as const) {
    const [dial, greeting] = [dialEnd(policy, 3), greetingEnd(policy, 3)];
    greeting.stream.arrive(dial.stream.taken());
    dial.stream.arrive(greeting.stream.taken());
    greeting.stream.arrive(dial.stream.taken());
    const select = greeting.stream.taken();
    // The answerer's own handshake, right behind what it selected.
    greeting.stream.send(peerMessage, HANDSHAKE);
    const answer = greeting.stream.taken();
    assert.equal(latin1(answer).includes('BitTorrent protocol'), policy === 'allow');
    dial.stream.arrive(concatBytes([select, answer]));
    assert.deepEqual(dial.heard, [HANDSHAKE]);
  }
});

test('no byte of the handshake tells what it is', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { fromDial, fromGreeting } = talk(dialEnd('prefer', seed), greetingEnd('prefer', seed));
    for (const bytes of [fromDial, fromGreeting]) assert.doesNotMatch(latin1(bytes), /BitTorrent|\0{8}|\x11{8}/);
  }
});

test('every cut of what a dialler says gives the same answer, and byte by byte too', () => {
  const { fromDial } = talk(dialEnd('prefer', 1), greetingEnd('allow', 1));
  const whole = answered([fromDial]);
  assert.match(whole, /handshake/);
  for (let cut = 1; cut < fromDial.length; cut++) assert.equal(answered(cutAt(fromDial, cut)), whole, `cut at ${cut}`);
  assert.equal(answered([...fromDial].map((byte) => Uint8Array.of(byte))), whole);
});

test('every cut of what is answered leads to the same end', () => {
  const { fromGreeting } = talk(dialEnd('require', 1), greetingEnd('prefer', 1));
  const reply = encodeToBytes(peerMessage, HANDSHAKE);
  const end = (chunks: readonly Uint8Array[]): unknown[] => {
    const { stream, connection } = dialEnd('require', 1);
    for (const chunk of chunks) stream.arrive(chunk);
    // What follows is enciphered: a plain handshake is nonsense now.
    stream.arrive(reply);
    return [connection.encryption, stream.over, latin1(stream.taken())];
  };
  const whole = end([fromGreeting]);
  assert.deepEqual(whole[0], 'all');
  for (let cut = 1; cut < fromGreeting.length; cut++) assert.deepEqual(end(cutAt(fromGreeting, cut)), whole, `cut at ${cut}`);
});

test('a plain handshake passes in whatever pieces it comes, unless encryption is required', () => {
  const plain = encodeToBytes(peerMessage, HANDSHAKE);
  const whole = answered([plain]);
  assert.match(whole, /\[\["/);
  for (let cut = 1; cut < plain.length; cut++) assert.equal(answered(cutAt(plain, cut)), whole, `cut at ${cut}`);
  assert.equal(answered([...plain].map((byte) => Uint8Array.of(byte))), whole);
  const refusing = greetingEnd('require', 1);
  refusing.stream.arrive(plain);
  assert.deepEqual([refusing.stream.over, refusing.heard], ['reset', []]);
});

test('a key that begins like the header of BitTorrent is a key', () => {
  const greeting = greetingEnd('allow', 1);
  const key = new Uint8Array(KEY_BYTES).fill(9);
  key.set(encodeToBytes(peerMessage, HANDSHAKE).subarray(0, 19));
  greeting.stream.arrive(key);
  assert.ok(greeting.stream.taken().length >= KEY_BYTES);
});

/** A dialler that does as it likes once it knows S. */
function rogue(say: (secret: Uint8Array, cipher: Rc4) => readonly Uint8Array[]): End {
  const greeting = greetingEnd('allow', 5);
  const exchange = new KeyExchange(new Uint8Array(PRIVATE_KEY_BYTES).fill(5));
  greeting.stream.arrive(exchange.publicKey);
  const secret = exchange.agree(greeting.stream.taken().subarray(0, KEY_BYTES)) as Uint8Array;
  for (const part of say(secret, cipherOf('from dialler', secret, INFO_HASH))) greeting.stream.arrive(part);
  return greeting;
}

function offer(cipher: Rc4, zero: number, provided: number, padBytes: number, initialBytes = 0): Uint8Array {
  const bytes = new Uint8Array(14 + padBytes + 2);
  bytes[7] = zero;
  writeU16(bytes, writeU32(bytes, 8, provided), padBytes);
  writeU16(bytes, 14 + padBytes, initialBytes);
  cipher.transform(bytes, 0, bytes.length, bytes, 0);
  return bytes;
}

test('a dialler that breaks a rule is cut off where it does', () => {
  const mark = (secret: Uint8Array, infoHash = INFO_HASH): Uint8Array => maskTorrentMark(torrentMark(infoHash), secret);
  const cases: readonly (readonly [what: string, over: RegExp, say: Parameters<typeof rogue>[0]])[] = [
    ['a pad without an end', /padding of at most 512/, () => [new Uint8Array(PAD_BYTES_MAX + 20)]],
    ['a torrent that we do not have', /reset/, (secret) => [paddingEnd(secret), mark(secret, PEER_ID)]],
    ['another key', /eight zeros/, (secret, cipher) => [paddingEnd(secret), mark(secret), offer(cipher, 1, 3, 0)]],
    ['a pad too long', /513 are announced/, (secret, cipher) => [paddingEnd(secret), mark(secret), offer(cipher, 0, 3, 513)]],
    ['nothing we know', /reset/, (secret, cipher) => [paddingEnd(secret), mark(secret), offer(cipher, 0, 0x100, 0)]],
  ];
  for (const [what, over, say] of cases) assert.match(rogue(say).stream.over ?? 'still open', over, what);
});

test('the longest pads pass, and so does a dialler that says its handshake only later, or more with it', () => {
  for (const initialBytes of [0, 68, 73]) {
    for (const provided of [1, 2, 3 | 0x100]) {
      const { heard, connection } = rogue((secret, cipher) => {
        const pad = new Uint8Array(PAD_BYTES_MAX);
        const first = offer(cipher, 0, provided, PAD_BYTES_MAX, initialBytes);
        const payload = concatBytes([encodeToBytes(peerMessage, HANDSHAKE), Uint8Array.of(0, 0, 0, 1, 2)]);
        const enciphered = provided === 2 ? payload.length : initialBytes;
        cipher.transform(payload, 0, enciphered, payload, 0);
        return [pad, paddingEnd(secret), maskTorrentMark(torrentMark(INFO_HASH), secret), first, payload];
      });
      assert.deepEqual([heard, connection.encryption], [[HANDSHAKE], provided === 2 ? 'all' : 'handshake'], `${initialBytes}, ${provided}`);
    }
  }
});

test('who encrypts for one torrent and then asks for another is hung up on', () => {
  const { heard, connection } = rogue((secret, cipher) => {
    const other = encodeToBytes(peerMessage, { ...HANDSHAKE, infoHash: PEER_ID });
    const first = offer(cipher, 0, 2, 0, other.length);
    cipher.transform(other, 0, other.length, other, 0);
    return [paddingEnd(secret), maskTorrentMark(torrentMark(INFO_HASH), secret), first, other];
  });
  assert.deepEqual([heard, connection.closed], [[], true]);
});

test('an answerer that knows another torrent, selects what was not offered or never comes to the point is left', () => {
  const stranger = dialEnd('prefer', 1, PEER_ID);
  const greeting = greetingEnd('prefer', 1);
  talk(stranger, greeting);
  assert.equal(greeting.stream.over, 'reset');
  const endless = dialEnd('prefer', 1);
  endless.stream.arrive(new Uint8Array(KEY_BYTES).fill(9));
  endless.stream.arrive(new Uint8Array(PAD_BYTES_MAX + 8));
  assert.match(endless.stream.over ?? '', /padding of at most 512/);
  for (const selected of [0, 1, 3, 4]) {
    const dial = dialEnd('require', 1);
    const exchange = new KeyExchange(new Uint8Array(PRIVATE_KEY_BYTES).fill(5));
    const secret = exchange.agree(dial.stream.taken().subarray(0, KEY_BYTES)) as Uint8Array;
    const bytes = new Uint8Array(14);
    writeU32(bytes, 8, selected);
    cipherOf('to dialler', secret, INFO_HASH).transform(bytes, 0, 14, bytes, 0);
    dial.stream.arrive(concatBytes([exchange.publicKey, bytes]));
    assert.match(dial.stream.over ?? '', new RegExp(`${selected} was selected`));
  }
});

test('whatever is sent, either side ends or goes on, and waits for no more than a bounded number of bytes', () => {
  const random = new Random(SEED);
  const { fromDial, fromGreeting } = talk(dialEnd('prefer', 1), greetingEnd('prefer', 1));
  // A hundredth: each input costs key exchanges.
  for (let input = 0; input < FUZZ_INPUTS / 100; input++) {
    const message = `KITH_SEED=${SEED}, input ${input}`;
    const greeting = greetingEnd('prefer', 1);
    greeting.stream.arrive(mutate([fromDial], random));
    const dial = dialEnd('prefer', 1);
    dial.stream.arrive(mutate([fromGreeting], random));
    for (const { stream, connection } of [greeting, dial]) {
      stream.arrive(random.fill(new Uint8Array(WAITED_BYTES_MAX)));
      assert.ok(stream.over !== null || connection.encryption !== 'none', message);
    }
  }
});
