/** A bare UDP socket on loopback that sends whatever bytes it is told to, and counts what comes back; owns its socket. */

import { createSocket, type Socket } from 'node:dgram';

/** What a socket buffer of the system's own size holds for sure; after so many bytes the other side gets a turn. */
const BURST_BYTES = 64 << 10;

export class RawDatagrams {
  readonly #socket: Socket;
  readonly #port: number;
  #unseen = 0;
  receivedBytes = 0;
  /** Called with each datagram that comes. */
  onDatagram: (bytes: Buffer) => void = () => undefined;

  /** A socket that sends to that port. */
  static async to(port: number): Promise<RawDatagrams> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
    return new RawDatagrams(socket, port);
  }

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on('error', () => undefined);
    socket.on('message', (bytes) => {
      this.receivedBytes += bytes.length;
      this.onDatagram(bytes);
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends, and now and then waits until the system has taken it all. */
  async send(bytes: Uint8Array): Promise<void> {
    this.#unseen += bytes.length;
    if (this.#unseen < BURST_BYTES) {
      this.#socket.send(bytes, this.#port, '127.0.0.1');
      return;
    }
    this.#unseen = 0;
    await new Promise<void>((taken) => this.#socket.send(bytes, this.#port, '127.0.0.1', () => taken()));
    await new Promise((later) => setImmediate(later));
  }

  close(): void {
    this.#socket.close();
  }
}
