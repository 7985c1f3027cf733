/** A client that speaks FastTrack on a socket byte by byte, as giFT does, with nothing of a node but the cipher and the framing; owns the socket. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Deframer } from '../../src/core/framing.ts';
import { bytesOfHex, hexOf } from '../../src/core/hex.ts';
import { FastTrackCipher } from '../../src/overlays/fasttrack/cipher.ts';
import type { NetworkName, SessionMessage } from '../../src/overlays/fasttrack/messages.ts';
import { sessionFrames } from '../../src/overlays/fasttrack/packets.ts';

const WAIT_MS_MAX = 10_000;
const POLL_MS = 10;
/** giFT's own hello, as it was captured; its seed is facb1238. */
const HELLO = 'fa00b62bfacb12383209d232';
const SEED = 0xfacb_1238;
const SERVER_SEED = 1;
const ANSWER_BYTES = 8;

export class RawClient {
  readonly heard: (SessionMessage | NetworkName)[] = [];
  answer = '';
  closed = false;
  readonly #socket: Socket;
  readonly #out = new FastTrackCipher((SEED ^ SERVER_SEED) >>> 0);
  readonly #back = new FastTrackCipher(SERVER_SEED);
  readonly #deframer: Deframer<SessionMessage | NetworkName> = sessionFrames.deframer();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(new Uint8Array(chunk)));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  sayHello(): void {
    this.write(HELLO);
  }

  /** As it is. */
  write(hex: string): void {
    this.#socket.write(bytesOfHex(hex) as Uint8Array);
  }

  /** Enciphered. */
  say(hex: string): void {
    const bytes = bytesOfHex(hex.replaceAll(' ', '')) as Uint8Array;
    this.#out.transform(bytes, 0, bytes.length, bytes, 0);
    this.#socket.write(bytes);
  }

  of<T extends string | number>(type: T): Extract<SessionMessage | NetworkName, { readonly type: T }>[] {
    return this.heard.filter((message): message is Extract<SessionMessage | NetworkName, { readonly type: T }> => message.type === type);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS_MAX;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`expected ${what}; heard ${this.answer} ${JSON.stringify(this.heard)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(bytes: Uint8Array): void {
    const missing = ANSWER_BYTES - this.answer.length / 2;
    const plain = bytes.subarray(0, missing);
    this.answer += hexOf(plain);
    const rest = bytes.subarray(plain.length);
    this.#back.transform(rest, 0, rest.length, rest, 0);
    this.#deframer.push(rest, 0, rest.length, { open: true, onMessage: (message) => void this.heard.push(message), onBulk() {} });
  }
}
