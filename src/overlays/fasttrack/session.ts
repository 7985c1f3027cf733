/**
 * One stream between two nodes (giFT-FastTrack, `PROTOCOL`, Session establishment): the handshake, the names of both networks, then messages. What it is
 * for is the business of whoever holds it. Owns the stream and the state that orders the bytes of headers.
 */

import type { Host, Stream, StreamHandler } from '../../core/host.ts';
import { rawBytes } from '../../core/raw-bytes.ts';
import { FastTrackCipher } from './cipher.ts';
import type { NetworkName, SessionMessage } from './messages.ts';
import {
  answer,
  answerFrames,
  type ForeignBytes,
  type ForeignDoor,
  handOver,
  hello,
  type OpeningBytes,
  type Seeds,
  seedsOfAnswer,
  seedsOfHello,
} from './opening.ts';
import { codecAt, FIRST_STATE, networkName, sessionFrames, stateAfter } from './packets.ts';

/** What a session is for; changes when the first message of a newcomer says what he is. */
export interface SessionHolder {
  /** Both sides have said the same network. */
  onReady(session: Session): void;
  onMessage(session: Session, message: SessionMessage): void;
  /** The queue has room again. */
  onRoom(session: Session): void;
  /** The last call. */
  onGone(session: Session): void;
}

type Heard = SessionMessage | NetworkName | OpeningBytes | ForeignBytes;

export class Session implements StreamHandler<Heard, unknown> {
  readonly host: Host;
  readonly network: string;
  readonly door: ForeignDoor | null;
  holder: SessionHolder;
  stream: Stream | null = null;
  state: 'opening' | 'naming' | 'ready' | 'over' = 'opening';
  /** When something last came. */
  heardMs: number;
  private sendState = FIRST_STATE;

  constructor(host: Host, network: string, holder: SessionHolder, door: ForeignDoor | null) {
    this.host = host;
    this.network = network;
    this.holder = holder;
    this.door = door;
    this.heardMs = host.now();
  }

  static dial(host: Host, network: string, endpoint: Uint8Array, holder: SessionHolder): Session {
    const session = new Session(host, network, holder, null);
    session.stream = host.connect(host.peer(endpoint), answerFrames, session);
    return session;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (!stream.incoming) stream.send(rawBytes, hello());
  }

  onMessage(message: Heard): void {
    this.heardMs = this.host.now();
    if (this.state === 'over') return;
    if (this.state === 'opening') this.onOpening(message);
    else if (message.type === 'network') this.onNetwork(message.name);
    // What has a type of the opening came before it; nothing else of it can come now.
    else if (this.state === 'ready') this.onPacket(message as SessionMessage);
    else this.reset();
  }

  onBulk(): void {}

  onDrain(): void {
    if (this.state === 'ready') this.holder.onRoom(this);
  }

  onEnd(): void {
    this.end();
  }

  onClose(): void {
    this.over();
  }

  /** False: more is queued than the other side takes; `onRoom` follows. */
  send(message: SessionMessage): boolean {
    if (this.stream === null || this.state !== 'ready') return true;
    const codec = codecAt(this.sendState);
    this.sendState = stateAfter(this.sendState, message, codec.size(message));
    return this.stream.send(codec, message);
  }

  /** What was sent still leaves. */
  end(): void {
    this.stream?.end();
    this.over();
  }

  reset(): void {
    this.stream?.reset();
    this.over();
  }

  private onOpening(message: Heard): void {
    const stream = this.stream as Stream;
    if (message.type === 'opening') {
      const seeds = stream.incoming ? seedsOfHello(message.bytes) : seedsOfAnswer(message.bytes);
      if (seeds === null) return this.reset();
      if (stream.incoming) stream.send(rawBytes, answer());
      this.encipher(stream, seeds);
      if (stream.incoming) this.sayNetwork(stream);
      return;
    }
    // Not one of ours: HTTP, by its first bytes or, where messages travel whole, as its first message.
    this.over();
    if (this.door === null || !stream.incoming) stream.reset();
    else handOver(stream, this.door, message.type === 'foreign' ? message : { message });
  }

  private encipher(stream: Stream, { fromDialler, toDialler }: Seeds): void {
    const [out, back] = stream.incoming ? [toDialler, fromDialler] : [fromDialler, toDialler];
    this.state = 'naming';
    stream.encipher(new FastTrackCipher(out));
    stream.upgrade(sessionFrames, this, new FastTrackCipher(back));
  }

  /** The server first. */
  private sayNetwork(stream: Stream): void {
    stream.send(networkName, { type: 'network', name: this.network });
  }

  private onNetwork(name: string): void {
    const stream = this.stream as Stream;
    if (name !== this.network || this.state !== 'naming') return this.reset();
    if (!stream.incoming) this.sayNetwork(stream);
    this.state = 'ready';
    this.holder.onReady(this);
  }

  private onPacket(message: SessionMessage): void {
    if (message.type === 'ping') this.send({ type: 'pong' });
    else if (message.type !== 'pong') this.holder.onMessage(this, message);
  }

  private over(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.holder.onGone(this);
  }
}
