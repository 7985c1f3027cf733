/**
 * What a torrent is known by: the SHA-1 of its info dictionary in BitTorrent v1, the SHA-256 in v2, which is cut to 20 bytes wherever
 * v1's stands, both for a hybrid (BEP 52). A magnet link may name one of them; the info dictionary then tells the other.
 */

import { equalBytes } from '../../core/bytes.ts';
import { SHA1_BYTES, sha1 } from '../../core/sha1.ts';
import { sha256 } from '../../core/sha256.ts';
import { infoHashesOf, type Metainfo } from './metainfo.ts';

export class InfoHashes {
  /** 20 bytes, or null where there is none or nobody knows it yet. */
  v1: Uint8Array | null;
  /** 32 bytes, or null. */
  v2: Uint8Array | null;
  /** Whoever asked for it named v1's: SHA-1 is good enough for them. */
  readonly namedByV1: boolean;
  private cut: Uint8Array | null = null;

  /** `infoHash` of 20 bytes is v1's unless it is the beginning of v2's. */
  constructor(infoHash: Uint8Array, infoHashV2: Uint8Array | null) {
    this.v1 = infoHashV2 !== null && equalBytes(infoHash, infoHashV2.subarray(0, SHA1_BYTES)) ? null : infoHash;
    this.v2 = infoHashV2;
    this.cut = infoHashV2?.slice(0, SHA1_BYTES) ?? null;
    this.namedByV1 = this.v1 !== null;
  }

  /** 20 bytes each, as in handshakes and announces. */
  get onWire(): readonly Uint8Array[] {
    return [this.v1, this.cut].filter((infoHash) => infoHash !== null);
  }

  get hybrid(): boolean {
    return this.v1 !== null && this.v2 !== null;
  }

  /** Whether a handshake with this hash means us. */
  includes(infoHash: Uint8Array): boolean {
    return this.onWire.some((own) => equalBytes(own, infoHash));
  }

  isV2(infoHash: Uint8Array): boolean {
    return this.cut !== null && equalBytes(this.cut, infoHash);
  }

  /** What to say first to a peer: v1's, which all know, unless the peer was named by v2's. */
  greeting(namedByV2: boolean): Uint8Array {
    // There is always one of them.
    return (namedByV2 ? (this.cut ?? this.v1) : (this.v1 ?? this.cut)) as Uint8Array;
  }

  /** Whether these bytes are the info dictionary that was asked for. 20 bytes that somebody wrote down may be of v2 too. */
  match(infoBytes: Uint8Array): boolean {
    if (this.v2 !== null) return equalBytes(sha256(infoBytes), this.v2) && (this.v1 === null || equalBytes(sha1(infoBytes), this.v1));
    const known = this.v1 as Uint8Array;
    return equalBytes(sha1(infoBytes), known) || equalBytes(sha256(infoBytes).subarray(0, SHA1_BYTES), known);
  }

  /** The info dictionary is known, and with it every hash it has. */
  learn(metainfo: Metainfo): void {
    const { infoHash, infoHashV2 } = infoHashesOf(metainfo);
    this.v1 = infoHash;
    this.v2 = infoHashV2;
    this.cut = infoHashV2?.slice(0, SHA1_BYTES) ?? null;
  }
}
