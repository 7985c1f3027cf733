/** What becomes of vendor messages that come from neighbours. Owns the dials with which we tell others that they can be dialled. */

import { endpointPort, withPort } from '../../core/endpoint.ts';
import type { Stream, StreamHandler } from '../../core/host.ts';
import { rawBytes, RawBytes } from '../../core/raw-bytes.ts';
import { Allowance } from './allowance.ts';
import { newGuid } from './guid.ts';
import { type GreetingHead, greetingHeads } from '../../wire/greeting-head.ts';
import type { Neighbour } from './neighbour.ts';
import { NO_PAYLOAD, Packet, PacketType, read } from './packet.ts';
import type { GnutellaServent } from './servent.ts';
import { grantedProxy, supportedKinds, u16Data, u16Of, VendorKind, vendorCodec, vendorKindOf, vendorMessage } from './vendor-message.ts';

/** Each makes us send something to the neighbour's own address: it is not much, and need not be often. */
const BACK_PER_SECOND = 0.2;
const BACK_AT_ONCE = 5;
/** What gtk-gnutella says on such a stream, too: nothing but the end of a line. */
const KNOCK = Uint8Array.of(13, 10, 13, 10);

export class VendorMessages {
  private readonly servent: GnutellaServent;
  private readonly back: Allowance;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    this.back = new Allowance(BACK_PER_SECOND, BACK_AT_ONCE, servent.host.now());
  }

  onMessage(from: Neighbour, packet: Packet): void {
    const message = read(packet, vendorCodec);
    if (message === null) return from.onBad();
    const { servent } = this;
    switch (vendorKindOf(message)) {
      case VendorKind.messagesSupported: {
        const kinds = supportedKinds(message.data);
        if (kinds === null) return from.onBad();
        from.learnSupported(kinds);
        this.askForKnock(from);
        servent.pushes.askForProxies();
        return;
      }
      case VendorKind.hopsFlow:
        if (message.data.length > 0) from.hopsMax = message.data[0] as number;
        return;
      case VendorKind.hitsSoFar:
        servent.dynamicQueries.onGuidance(from, packet.guid, u16Of(message.data) ?? 0);
        servent.searches.onTold(from, packet.guid, u16Of(message.data) ?? 0);
        return;
      case VendorKind.hitsQuestion: {
        // A leaf asks how far we are with its own search; an ultrapeer, how much has come of ours.
        if (from.kind === 'leaf') servent.dynamicQueries.tellLeaf(from, packet.guid);
        else servent.answerHitsQuestion(from, packet.guid, servent.searches.of(packet.guid));
        return;
      }
      case VendorKind.pushProxyWanted:
        return servent.pushes.onProxyWanted(from, packet.guid);
      case VendorKind.pushProxyCancel:
        from.proxied = null;
        return;
      case VendorKind.pushProxyGranted:
        from.proxy = grantedProxy(message);
        return;
      case VendorKind.connectBack:
        return this.knock(from, u16Of(message.data) ?? 0);
      case VendorKind.datagramBack:
        return this.datagramBack(from, u16Of(message.data) ?? 0);
      default:
      // Features that we do not use, clocks that we do not set, and what is yet to be invented.
    }
  }

  /** Whether we can be dialled is what we would know. */
  private askForKnock(from: Neighbour): void {
    const { servent } = this;
    const listening = servent.host.self.stream;
    if (listening === null || servent.options.isReachable !== null || !servent.isFirewalled || !from.understands(VendorKind.connectBack))
      return;
    servent.sendVendor(from, vendorMessage(VendorKind.connectBack, 1, u16Data(endpointPort(listening))), newGuid(servent.host.random));
  }

  private knock(from: Neighbour, port: number): void {
    if (port === 0 || !this.back.take(1, this.servent.host.now())) return;
    const { host } = this.servent;
    host.connect(host.peer(withPort(from.endpoint, port)), greetingHeads, new Knock());
  }

  private datagramBack(from: Neighbour, port: number): void {
    if (port === 0 || !this.back.take(1, this.servent.host.now())) return;
    const { host } = this.servent;
    this.servent.sendDatagram(withPort(from.endpoint, port), new Packet(newGuid(host.random), PacketType.ping, 1, 0, NO_PAYLOAD));
  }
}

/** Somebody wants to know whether he can be dialled: he can, and that is all. */
class Knock implements StreamHandler<GreetingHead> {
  private stream: Stream | null = null;

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.send(rawBytes, new RawBytes(KNOCK));
    stream.end();
  }

  onMessage(): void {}

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
  }

  onClose(): void {}
}
