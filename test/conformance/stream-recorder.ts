/** What the conformance suite knows of a stream: everything that was reported, and whether it might be. */

import assert from 'node:assert/strict';
import type { Body, CloseReason, Peer, Stream, StreamCipher, StreamHandler } from '../../src/core/host.ts';
import { lines, type Note, noteCodec, notes, type Parcel } from '../notes-protocol.ts';
import type { HostNetwork } from './harness.ts';
import type { Script } from './script.ts';

export interface Slice {
  readonly tag: number;
  readonly offset: number;
  readonly body: Body;
}

/** Writes down what a stream reports, and checks that it may. */
export class Recorder implements StreamHandler<Note, Parcel> {
  stream: Stream | null = null;
  readonly log: string[] = [];
  readonly slices: Slice[] = [];
  /** Bytes queued at each onDrain. */
  readonly drains: number[] = [];
  closed: CloseReason | null = null;
  detail = '';
  /** Nothing may be called while this is set. */
  forbidden = false;
  replyTo: string | null = null;
  pauseAt: string | null = null;
  upgradeAt: { readonly text: string; readonly heard: string[] } | null = null;
  /** From the note of that text on, what comes is deciphered. */
  decipherAfter: { readonly text: string; readonly cipher: StreamCipher } | null = null;
  private paused = false;

  onOpen(stream: Stream): void {
    this.check();
    assert.equal(this.stream, null, 'onOpen came twice');
    this.stream = stream;
    this.log.push('open');
  }

  onMessage(note: Note): void {
    this.checkReading();
    this.log.push(note.text);
    if (note.text === this.replyTo && this.stream?.incoming) this.stream.send(noteCodec, { text: 'pong' });
    if (note.text === this.pauseAt) {
      this.pauseAt = null;
      this.stream?.pause();
    }
    if (note.text === this.decipherAfter?.text) this.decipher(this.decipherAfter.cipher);
    if (this.upgradeAt !== null && note.text === this.upgradeAt.text) this.stream?.upgrade(lines, new LineRecorder(this.upgradeAt.heard));
  }

  decipher(cipher: StreamCipher): void {
    this.stream?.upgrade(notes, this, cipher);
  }

  onBulk(parcel: Parcel, body: Body, offset: number): void {
    this.checkReading();
    const last = this.slices.at(-1);
    const expected = last !== undefined && last.tag === parcel.tag ? last.offset + last.body.length : 0;
    assert.equal(offset, expected, 'a slice is missing');
    this.slices.push({ tag: parcel.tag, offset, body: keep(body) });
    if (offset + body.length === parcel.length) this.log.push(`parcel ${parcel.tag} of ${parcel.length}`);
  }

  onDrain(): void {
    this.check();
    this.drains.push((this.stream as Stream).queuedBytes);
  }

  onEnd(): void {
    this.checkReading();
    this.log.push('end');
  }

  onClose(reason: CloseReason, detail: string): void {
    this.check();
    this.closed = reason;
    this.detail = detail;
  }

  private checkReading(): void {
    this.check();
    assert.ok(!this.paused, 'called while paused');
  }

  private check(): void {
    assert.ok(!this.forbidden, 'called from inside a method of the host');
    assert.equal(this.closed, null, 'called after onClose');
  }
}

class LineRecorder implements StreamHandler<string> {
  private readonly heard: string[];

  constructor(heard: string[]) {
    this.heard = heard;
  }

  onOpen(): void {
    assert.fail('a handler that takes over gets no onOpen');
  }

  onMessage(line: string): void {
    this.heard.push(line);
  }

  onBulk(): void {
    assert.fail('lines have no bodies');
  }

  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

/** Bodies are borrowed until the callback returns: keeps one for later. */
function keep(body: Body): Body {
  return body instanceof Uint8Array ? body.slice() : body;
}

export function listenWith(script: Script, handler: Recorder): void {
  script.act((host) => host.listen(notes, { onConnection: (_peer: Peer) => handler }));
}

/** A stream from the first host to the second, which is the network's host `to`, open at both ends. */
export async function dial(
  network: HostNetwork,
  [a, b]: readonly Script[],
  early?: (stream: Stream) => void,
  to = 1,
): Promise<[Recorder, Recorder]> {
  const [near, far] = [new Recorder(), new Recorder()];
  listenWith(b as Script, far);
  await network.pass(1);
  (a as Script).act((host) => {
    const stream = host.connect(host.peer(network.endpointOf(to)), notes, near);
    early?.(stream);
  });
  await network.until(() => near.stream !== null && far.stream !== null, 'both ends open');
  return [near, far];
}

/** Content that differs from block to block and from seed to seed. */
