/**
 * The first bytes of an incoming connection: BitTorrent's own header, or the key of an encrypted handshake (MSE), whose other side this
 * is. Owns the connection's beginning; a stranger can cost it one key exchange and some hundred bytes.
 */

import { readU16, readU32 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Framing, FrameSink } from '../../core/framing.ts';
import type { Stream } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import type { Rc4 } from '../../core/rc4.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { EncryptionHandshake, LENGTH_BYTES, METHOD_BYTES, padBytes, VERIFICATION_BYTES } from './encryption-handshake.ts';
import { cipherOf, KEY_BYTES, KeyExchange, maskTorrentMark, paddingEnd } from './encryption-keys.ts';
import { CryptoMethod, type EncryptionPolicy, selectedBy } from './encryption-policy.ts';
import { LeadingCipher } from './leading-cipher.ts';
import type { PeerConnection } from './peer-connection.ts';
import { peerWire } from './peer-framing.ts';
import { type PeerMessage, type PieceHead, PROTOCOL_HEADER } from './peer-messages.ts';

const OFFER_BYTES = VERIFICATION_BYTES + METHOD_BYTES + LENGTH_BYTES;

/** Who knows the torrents, and how much may be spent on strangers. */
export interface GreetingOwner {
  readonly encryption: EncryptionPolicy;
  /** A private key for one exchange; null when there have been too many of late. */
  spendKey(): Uint8Array | null;
  /** The info-hash whose mark (`torrentMark`) that is; null when we have no such torrent. */
  infoHashOfMark(mark: Uint8Array): Uint8Array | null;
}

export class Greeting extends EncryptionHandshake {
  private readonly owner: GreetingOwner;
  private state: 'header' | 'key' | 'end of padding' | 'torrent' | 'offer' | 'padding' | 'length' = 'header';
  private secret: Uint8Array = new Uint8Array(0);
  private paddingEnd: Uint8Array = new Uint8Array(0);
  private infoHash: Uint8Array | null = null;
  private fromPeer: Rc4 | null = null;
  private provided = 0;
  private headerBytes = 0;

  constructor(connection: PeerConnection, random: Random, owner: GreetingOwner) {
    super(connection, random);
    this.owner = owner;
    this.need(1);
  }

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    stream.upgrade(this.framing, this);
  }

  /** The other side speaks plainly, and in whole messages. */
  onMessage(message: PeerMessage): void {
    if (!this.acceptsPlain()) return;
    this.stream.upgrade(peerWire, this.connection);
    this.connection.onMessage(message);
  }

  protected step(): void {
    switch (this.state) {
      case 'header':
        return this.onHeader();
      case 'key':
        return this.onKey();
      case 'end of padding':
        if (!this.endsWith(this.paddingEnd)) return;
        this.state = 'torrent';
        return this.need(SHA1_BYTES);
      case 'torrent':
        return this.onTorrent();
      case 'offer':
        return this.onOffer(this.fromPeer as Rc4);
      case 'padding':
        this.decipher(this.fromPeer as Rc4);
        this.state = 'length';
        return this.need(LENGTH_BYTES);
      case 'length':
        return this.finish(this.fromPeer as Rc4, this.infoHash as Uint8Array);
    }
  }

  /** As long as the bytes are those of BitTorrent's header it is that; at the first that is not it is a key. */
  private onHeader(): void {
    const at = this.headerBytes++;
    if (this.gathered[at] !== PROTOCOL_HEADER[at]) {
      this.state = 'key';
      return this.needMore(KEY_BYTES - this.headerBytes);
    }
    if (this.headerBytes < PROTOCOL_HEADER.length) return this.needMore(1);
    if (this.acceptsPlain()) this.stream.upgrade(afterHeader(this.gathered.slice(0, this.headerBytes)), this.connection);
  }

  private acceptsPlain(): boolean {
    if (this.owner.encryption !== 'require') return true;
    this.connection.hangUp('speaks plainly, and encryption is required');
    return false;
  }

  private onKey(): void {
    const privateKey = this.owner.spendKey();
    if (privateKey === null) return this.connection.hangUp('too many encrypted handshakes at once');
    const exchange = new KeyExchange(privateKey);
    const secret = exchange.agree(this.gathered.subarray(0, KEY_BYTES));
    if (secret === null) throw new MalformedMessage('a public key expected, got a number that is none');
    this.say(exchange.publicKey, this.pad());
    this.secret = secret;
    this.paddingEnd = paddingEnd(secret);
    this.state = 'end of padding';
    this.need(SHA1_BYTES);
  }

  private onTorrent(): void {
    const infoHash = this.owner.infoHashOfMark(maskTorrentMark(this.gathered.subarray(0, SHA1_BYTES), this.secret));
    if (infoHash === null) return this.connection.hangUp('encrypted for an unknown info-hash');
    this.infoHash = infoHash;
    this.fromPeer = cipherOf('from dialler', this.secret, infoHash);
    this.state = 'offer';
    this.need(OFFER_BYTES);
  }

  private onOffer(cipher: Rc4): void {
    const bytes = this.decipher(cipher);
    if (bytes.subarray(0, VERIFICATION_BYTES).some((byte) => byte !== 0))
      throw new MalformedMessage('eight zeros expected to verify the key');
    this.provided = readU32(bytes, VERIFICATION_BYTES);
    this.state = 'padding';
    this.need(padBytes(readU16(bytes, VERIFICATION_BYTES + METHOD_BYTES)));
  }

  /** What comes with the offer is enciphered in any case, and is read like what follows it. */
  private finish(fromPeer: Rc4, infoHash: Uint8Array): void {
    const initialBytes = readU16(this.decipher(fromPeer), 0);
    const method = selectedBy(this.owner.encryption, this.provided);
    if (method === null) return this.connection.hangUp(`offers no encryption that will do (${this.provided})`);
    const all = method === CryptoMethod.rc4;
    const toPeer = cipherOf('to dialler', this.secret, infoHash);
    this.connection.encryption = all ? 'all' : 'handshake';
    this.connection.encryptedFor = infoHash;
    this.say(this.confirmation(toPeer, method, null));
    if (all) this.stream.encipher(toPeer);
    this.stream.upgrade(peerWire, this.connection, all ? fromPeer : new LeadingCipher(fromPeer, initialBytes));
  }
}

/** BitTorrent's framing for a stream of which the header has been taken already. */
function afterHeader(header: Uint8Array): Framing<PeerMessage, PieceHead> {
  return {
    name: peerWire.name,
    deframer() {
      const deframer = peerWire.deframer();
      deframer.push(header, 0, header.length, NOTHING_YET);
      return deframer;
    },
  };
}

/** A header is no whole message: nothing is reported of it. */
const NOTHING_YET: FrameSink<PeerMessage, PieceHead> = { open: true, onMessage() {}, onBulk() {} };
