/**
 * The dialler's side of an encrypted handshake (MSE). What follows a key and its padding: the torrent's mark, what is offered for the
 * time after, and BitTorrent's own handshake, which thus costs no round trip of its own.
 */

import { readU16, readU32 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Random } from '../../core/random.ts';
import type { Rc4 } from '../../core/rc4.ts';
import { EncryptionHandshake, LENGTH_BYTES, METHOD_BYTES, padBytes, VERIFICATION_BYTES } from './encryption-handshake.ts';
import { cipherOf, KEY_BYTES, KeyExchange, maskTorrentMark, paddingEnd, torrentMark } from './encryption-keys.ts';
import { CryptoMethod } from './encryption-policy.ts';
import type { PeerConnection } from './peer-connection.ts';
import { peerWire } from './peer-framing.ts';
import { HANDSHAKE_BYTES } from './peer-messages.ts';

export interface DialTerms {
  readonly privateKey: Uint8Array;
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** Bits of CryptoMethod. */
  readonly provided: number;
}

export class EncryptedDial extends EncryptionHandshake {
  private readonly terms: DialTerms;
  private readonly exchange: KeyExchange;
  private state: 'key' | 'verification' | 'selection' | 'padding' = 'key';
  private fromPeer: Rc4 | null = null;
  private verification = new Uint8Array(VERIFICATION_BYTES);
  private selected = 0;

  constructor(connection: PeerConnection, random: Random, terms: DialTerms) {
    super(connection, random);
    this.terms = terms;
    this.exchange = new KeyExchange(terms.privateKey);
    this.need(KEY_BYTES);
  }

  /** Before the stream is open: it leaves with the first packet. */
  begin(): void {
    this.say(this.exchange.publicKey, this.pad());
  }

  /** A peer that speaks plainly to who has sent a key. */
  onMessage(): void {
    this.connection.hangUp('answered plainly to an encrypted handshake');
  }

  protected step(): void {
    switch (this.state) {
      case 'key':
        return this.onKey();
      case 'verification':
        if (!this.endsWith(this.verification)) return;
        this.state = 'selection';
        return this.need(METHOD_BYTES + LENGTH_BYTES);
      case 'selection':
        return this.onSelection();
      case 'padding':
        this.decipher(this.fromPeer as Rc4);
        return this.finish(this.fromPeer as Rc4);
    }
  }

  private onKey(): void {
    const { infoHash, peerId, provided } = this.terms;
    const secret = this.exchange.agree(this.gathered.subarray(0, KEY_BYTES));
    if (secret === null) throw new MalformedMessage('a public key expected, got a number that is none');
    const cipher = cipherOf('from dialler', secret, infoHash);
    const confirmation = this.confirmation(cipher, provided, HANDSHAKE_BYTES);
    this.say(paddingEnd(secret), maskTorrentMark(torrentMark(infoHash), secret), confirmation);
    this.stream.encipher(cipher);
    this.connection.sayHandshake(infoHash, peerId);
    this.fromPeer = cipherOf('to dialler', secret, infoHash);
    this.fromPeer.transform(this.verification, 0, VERIFICATION_BYTES, this.verification, 0);
    this.state = 'verification';
    this.need(VERIFICATION_BYTES);
  }

  private onSelection(): void {
    const bytes = this.decipher(this.fromPeer as Rc4);
    this.selected = readU32(bytes, 0);
    const isOne = this.selected === CryptoMethod.rc4 || this.selected === CryptoMethod.plaintext;
    if (!isOne || (this.selected & this.terms.provided) === 0)
      throw new MalformedMessage(`one of the methods offered (${this.terms.provided}) expected, ${this.selected} was selected`);
    this.state = 'padding';
    this.need(padBytes(readU16(bytes, METHOD_BYTES)));
  }

  private finish(fromPeer: Rc4): void {
    const all = this.selected === CryptoMethod.rc4;
    this.connection.encryption = all ? 'all' : 'handshake';
    // Nothing but BitTorrent's handshake has been sent so far: that much is enciphered either way.
    if (!all) this.stream.encipher(null);
    this.stream.upgrade(peerWire, this.connection, all ? fromPeer : undefined);
  }
}
