/** A session with opennap-ng 0.50 as it was recorded, and one side of it on a real socket. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { concatBytes } from '../../src/core/bytes.ts';
import { encodeToBytes } from '../../src/core/codec.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from '../../src/overlays/napster/frames.ts';

export interface Recorded extends NapsterMessage {
  readonly who: string;
  /** Said by the client. */
  readonly isAsked: boolean;
}

const LINE = /^(\w+) (->|<-) (\d+) \(len (\d+)\) ?(.*)$/;

export function recorded(): Recorded[] {
  const text = readFileSync(new URL('../fixtures/napster/opennap-ng.txt', import.meta.url), 'latin1');
  return text.split('\n').flatMap((line) => {
    const [, who = '', arrow, type, length, words = ''] = LINE.exec(line) ?? [];
    if (arrow === undefined) return [];
    assert.equal(words.length, Number(length), line);
    return [{ who, isAsked: arrow === '->', type: Number(type), text: words }];
  });
}

export function bytesOf(message: NapsterMessage): Uint8Array {
  return encodeToBytes(napsterCodec, message);
}

/** Bytes that come from a socket, in order. */
export class Inlet {
  readonly socket: Socket;
  private bytes: Uint8Array = new Uint8Array(0);
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.bytes = concatBytes([this.bytes, chunk]);
      this.wake();
    });
    const end = (): void => {
      this.ended = true;
      this.wake();
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  /** The next so many; rejects when the other side ends before. */
  async take(count: number): Promise<Uint8Array> {
    while (this.bytes.length < count) {
      assert.ok(!this.ended, `${count} bytes expected, the other side ended after ${this.bytes.length}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const taken = this.bytes.slice(0, count);
    this.bytes = this.bytes.slice(count);
    return taken;
  }

  /** All until the other side ends. */
  async rest(): Promise<Uint8Array> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.bytes;
  }

  async message(): Promise<NapsterMessage> {
    const head = await this.take(4);
    const body = await this.take((head[0] as number) | ((head[1] as number) << 8));
    const heard: NapsterMessage[] = [];
    const whole = concatBytes([head, body]);
    napsterFrames.deframer().push(whole, 0, whole.length, { open: true, onMessage: (message) => heard.push(message), onBulk() {} });
    return heard[0] as NapsterMessage;
  }

  static async to(port: number, localAddress = '127.0.0.1'): Promise<Inlet> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Inlet(socket);
  }
}
