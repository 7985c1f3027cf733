/** A bare TCP client that writes whatever bytes it is told to; owns its socket. Says as a peer no more than the handshake. */

import { connect, type Socket } from 'node:net';
import { encodeToBytes } from '../../src/core/codec.ts';
import { type PeerMessage, PeerMessageId, peerMessage } from '../../src/transfer/bittorrent/peer-messages.ts';

export class RawClient {
  readonly socket: Socket;
  /** Settles when the connection is over, with the bytes that had come. */
  readonly closed: Promise<number>;
  #received = 0;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (bytes) => {
      this.#received += bytes.length;
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((over) => this.socket.on('close', () => over(this.#received)));
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Writes, and waits until the system has taken it or the connection is over. */
  async write(bytes: Uint8Array): Promise<void> {
    // The callback of a write is also called when the connection breaks.
    await new Promise<void>((taken) => this.socket.write(bytes, () => taken()));
  }

  /** Writes the same bytes again and again; answers how many went out before the other side hung up. */
  async flood(bytes: Uint8Array, bytesMax: number): Promise<number> {
    let sent = 0;
    for (; sent < bytesMax && this.isOpen; sent += bytes.length) await this.write(bytes);
    return sent;
  }

  close(): void {
    this.socket.destroy();
  }
}

let made = 0;

/** With the extensions of BEP 6 and 10, under a peer id of its own. */
export function handshakeFor(infoHash: Uint8Array): Uint8Array {
  made++;
  const peerId = Uint8Array.from(`-RC0001-${String(made).padStart(12, '0')}`, (letter) => letter.charCodeAt(0));
  return encodeToBytes(peerMessage, {
    id: PeerMessageId.handshake,
    reserved: Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0x04),
    infoHash,
    peerId,
  });
}

/** The same message many times over, in one piece of memory. */
export function repeatedMessage(message: PeerMessage, count: number): Uint8Array {
  const one = encodeToBytes(peerMessage, message);
  const all = new Uint8Array(one.length * count);
  for (let index = 0; index < count; index++) all.set(one, index * one.length);
  return all;
}
