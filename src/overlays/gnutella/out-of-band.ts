/**
 * Hits by datagram, past the ultrapeers (out-of-band v3): who has some offers them, who asked says how many he wants and gives a token, and gets the
 * hits with it. Owns what has been offered, and the secret of the tokens.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { isNowhere } from '../../core/address-scope.ts';
import { equalBytes, writeU32 } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { KeyedHash } from '../../core/keyed-hash.ts';
import { Lru } from '../../core/lru.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { hitPackets, packetSize } from './answers.ts';
import { extension, NO_EXTENSIONS, valueOf } from './ggep.ts';
import { addressOfGuid, type Guid, hexOfGuid } from './guid.ts';
import { Packet, PacketType, read } from './packet.ts';
import { queryHitCodec } from './query-hit.ts';
import type { GnutellaServent } from './servent.ts';
import { encodedVendor, hitsMessage, hitsOf, VendorKind, type VendorMessage } from './vendor-message.ts';

const OFFERS_MAX = 128;
const OFFER_MS = 60_000;
const TOKEN_BYTES = 8;
const COUNT_MAX = 255;
/** Offers and hits that leave by datagram, to whomever: the address in a query may be somebody else's. */
const BYTES_PER_SECOND = 32_768;

interface Offer {
  readonly to: Endpoint;
  readonly files: readonly SharedFile[];
  readonly atMs: number;
}

export class OutOfBand {
  private readonly servent: GnutellaServent;
  private readonly tokens: KeyedHash;
  private readonly budget: AnswerBudget;
  private offers: Lru<string, Offer> | null = null;
  forged = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    const { random } = servent.host;
    this.tokens = new KeyedHash(random.u32(), random.u32());
    this.budget = new AnswerBudget(BYTES_PER_SECOND, servent.host.now());
  }

  /** False: it has to go back as the query came. */
  offer(query: Packet, files: readonly SharedFile[]): boolean {
    const { servent } = this;
    const to = addressOfGuid(query.guid);
    // Nobody could ask us for them; and from one hop away a hit is back before an offer has been taken up.
    if (!servent.options.usesOutOfBand || servent.isFirewalled || query.hops <= 1) return false;
    if (endpointPort(to) === 0 || isNowhere(to) || !servent.mayTell(servent.ownEndpoint() ?? to, to)) return false;
    const message = hitsMessage(VendorKind.hitsOffered, Math.min(COUNT_MAX, files.length), NO_EXTENSIONS);
    const packet = new Packet(query.guid, PacketType.vendor, 1, 0, encodedVendor(message));
    if (!this.budget.take(packetSize(packet), servent.host.now())) return false;
    this.offers ??= new Lru(OFFERS_MAX);
    this.offers.set(hexOfGuid(query.guid), { to, files, atMs: servent.host.now() });
    servent.sendDatagram(to, packet);
    return true;
  }

  /** Somebody has hits for a search of ours. */
  onOffered(from: Endpoint, guid: Guid, message: VendorMessage): void {
    const search = this.servent.searches.of(guid);
    const offered = hitsOf(message);
    if (search === null || offered === null || offered.count === 0 || search.isEnough) return;
    const wanted = Math.min(offered.count, COUNT_MAX, search.query.limit - search.hits);
    const answer = hitsMessage(VendorKind.hitsWanted, wanted, [extension('SO', this.tokenFor(from, guid))]);
    this.servent.sendDatagram(from, new Packet(guid, PacketType.vendor, 1, 0, encodedVendor(answer)));
  }

  /** He whose query it was wants what we have offered: once, and only he. */
  onWanted(from: Endpoint, guid: Guid, message: VendorMessage): void {
    const key = hexOfGuid(guid);
    const offer = this.offers?.peek(key);
    const wanted = hitsOf(message);
    if (offer === undefined || wanted === null || !equalBytes(offer.to, from)) return;
    this.offers?.delete(key);
    const { servent } = this;
    if (servent.host.now() - offer.atMs > OFFER_MS) return;
    const files = offer.files.slice(0, wanted.count);
    for (const hit of hitPackets(guid, 1, files, servent.options.resultsPerHit, servent.answerer(), wanted.token)) {
      if (!this.budget.take(packetSize(hit), servent.host.now())) return;
      servent.sendDatagram(from, hit);
    }
  }

  /** A hit that nobody asked for has no token of ours. */
  onHit(from: Endpoint, packet: Packet): void {
    const hit = this.servent.searches.of(packet.guid) === null ? null : read(packet, queryHitCodec);
    const token = hit === null ? null : valueOf(hit.descriptor?.extensions ?? [], 'SO');
    if (token === null || !equalBytes(token, this.tokenFor(from, packet.guid))) {
      this.forged++;
      return;
    }
    this.servent.searches.onHit(packet);
  }

  /** What only who sits at that address and has heard from us of that search can know. */
  private tokenFor(from: Endpoint, { w0, w1, w2, w3 }: Guid): Uint8Array {
    const address = Number.parseInt(hexOf(from, 0, 4), 16);
    const words = Uint32Array.of(address, endpointPort(from), w0, w1, w2, w3);
    const token = new Uint8Array(TOKEN_BYTES);
    writeU32(token, 0, this.tokens.token(words, words.length));
    writeU32(token, 4, this.tokens.high);
    return token;
  }
}
