/** Somebody who speaks Gnutella2 and keeps to none of its rules: says any packet, by datagram or connection, and hears what comes back. */

import { encodeToBytes } from '../../src/core/codec.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import type { Host, Peer, Protocol, Stream, StreamHandler } from '../../src/core/host.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { Packet, packetCodec } from '../../src/overlays/gnutella2/packet.ts';
import { PacketCounts } from '../../src/overlays/gnutella2/packet-counts.ts';
import { packetFrames } from '../../src/overlays/gnutella2/packet-frames.ts';
import { type PacketHandler, Transceiver } from '../../src/overlays/gnutella2/transceiver.ts';
import { connectHead, type Greeting, greetings, replyHead } from '../../src/wire/gnutella-handshake.ts';

const G2 = 'application/x-gnutella2';

export class Stranger implements Protocol, PacketHandler {
  readonly host: Host;
  readonly sent = new PacketCounts();
  readonly compression = zlibCompression;
  readonly transceiver: Transceiver;
  readonly heard: Packet[] = [];

  constructor(host: Host) {
    this.host = host;
    this.transceiver = new Transceiver(host, this);
  }

  start(): void {
    this.transceiver.start();
  }

  say(to: Peer, packet: Packet): void {
    this.transceiver.send(to, packet);
  }

  onPacket(_from: Peer, packet: Packet): void {
    this.heard.push(packet);
  }

  /** Connects as a leaf, or as what `headers` say. */
  connect(to: Peer, headers: readonly (readonly [string, string])[] = []): StrangeLink {
    const link = new StrangeLink(headers);
    link.stream = this.host.connect(to, greetings, link);
    return link;
  }

  named(name: string): Packet[] {
    return this.heard.filter((packet) => packet.name === name);
  }

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return null;
  }
}

export class StrangeLink implements StreamHandler<Greeting | Packet> {
  stream: Stream | null = null;
  readonly heard: Packet[] = [];
  status = 0;
  isClosed = false;
  private readonly headers: readonly (readonly [string, string])[];

  constructor(headers: readonly (readonly [string, string])[]) {
    this.headers = headers;
  }

  /** Whatever bytes. */
  write(bytes: Uint8Array): void {
    this.stream?.send(rawBytes, new RawBytes(bytes));
  }

  say(packet: Packet): void {
    this.write(encodeToBytes(packetCodec, packet));
  }

  named(name: string): Packet[] {
    return this.heard.filter((packet) => packet.name === name);
  }

  onOpen(stream: Stream): void {
    stream.send(rawBytes, connectHead([['Accept', G2], ['X-Hub', 'False'], ...this.headers]));
  }

  onMessage(message: Greeting | Packet): void {
    if (message instanceof Packet) this.heard.push(message);
    else if (message.kind === 'reply') {
      this.status = message.status;
      if (message.status !== 200) return;
      this.stream?.send(rawBytes, replyHead(200, 'OK', [['Content-Type', G2], ...this.headers]));
      this.stream?.upgrade(packetFrames, this);
    }
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.isClosed = true;
  }

  onClose(): void {
    this.isClosed = true;
  }
}
