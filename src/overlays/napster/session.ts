/** One client of an index server: who he is, what he shares, and how much he may say. Owns the stream. */

import { endpointPort } from '../../core/endpoint.ts';
import type { Stream, StreamHandler } from '../../core/host.ts';
import type { IndexedFile } from './file-index.ts';
import { type NapsterMessage, napsterCodec, numberOfIp } from './frames.ts';
import type { NapsterIndex } from './napster-index.ts';
import { Type } from './message-types.ts';
import type { User } from './user.ts';

/** greeting: nobody yet. checking: the account book is being asked. */
export type SessionState = 'greeting' | 'checking' | 'in' | 'closed';

/** What counts for more than one message. */
const COST: Readonly<Record<number, number>> = { [Type.search]: 5, [Type.browse]: 20, [Type.resume]: 5, [Type.channels]: 5 };

export class Session implements StreamHandler<NapsterMessage>, User {
  readonly server: NapsterIndex;
  /** Of the other side, to count those that come from one place. */
  readonly addressKey: string;
  readonly startedAtMs: number;
  state: SessionState = 'greeting';
  nick = '';
  client = '';
  email = '';
  linkSpeed = 0;
  /** 0: nobody can connect to him, he can only send files out by himself. */
  dataPort = 0;
  /** The four bytes of his address as a number, as messages have it. */
  ip = 0;
  /** By name. */
  readonly files = new Map<string, IndexedFile<Session>>();
  readonly hot = new Set<string>();
  readonly channels = new Set<string>();
  downloads = 0;
  uploads = 0;
  private stream: Stream | null = null;
  private allowance: number;
  private allowanceAtMs: number;
  /** He is not read: he has said too much, or does not read himself. */
  private isHeld = false;
  /** He is not read: other servers are looking for what he searches, and answers name no question. */
  private isSearching = false;

  constructor(server: NapsterIndex, addressKey: string) {
    this.server = server;
    this.addressKey = addressKey;
    this.startedAtMs = server.host.now();
    this.allowance = server.options.messagesAtOnce;
    this.allowanceAtMs = this.startedAtMs;
  }

  get isIn(): boolean {
    return this.state === 'in';
  }

  fileOf(name: string): IndexedFile<Session> | null {
    return this.files.get(name) ?? null;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    const endpoint = this.server.host.endpoint(stream.peer);
    this.ip = numberOfIp(endpoint);
    if (endpointPort(endpoint) === 0) this.close();
  }

  onMessage(message: NapsterMessage): void {
    if (this.state === 'closed') return;
    this.server.onMessage(this, message);
    this.spend(COST[message.type] ?? 1);
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.close();
  }

  onClose(): void {
    this.server.onClosed(this);
    this.state = 'closed';
    this.stream = null;
  }

  say(type: number, text = ''): void {
    // Who does not read what he asked for is not waited for.
    if (this.stream !== null && this.state !== 'closed' && !this.stream.send(napsterCodec, { type, text })) this.holdBack();
  }

  notice(text: string): void {
    this.say(Type.notice, text);
  }

  /** The last thing that is said. */
  refuse(text: string): void {
    this.say(Type.error, text);
    this.close();
  }

  close(): void {
    if (this.state === 'closed') return;
    this.server.onClosed(this);
    this.state = 'closed';
    this.stream?.end();
  }

  /** For whoever does not end when he is asked to. */
  reset(): void {
    this.stream?.reset();
  }

  /** Called every second: who was held is read again when he may say something. */
  refill(nowMs: number): void {
    const { messagesPerSecond, messagesAtOnce } = this.server.options;
    this.allowance = Math.min(messagesAtOnce, this.allowance + ((nowMs - this.allowanceAtMs) * messagesPerSecond) / 1000);
    this.allowanceAtMs = nowMs;
    if (!this.isHeld || this.allowance <= 0) return;
    this.isHeld = false;
    if (!this.isSearching) this.stream?.resume();
  }

  /** Until `searched`. */
  searching(): void {
    this.isSearching = true;
    this.stream?.pause();
  }

  searched(): void {
    this.isSearching = false;
    if (!this.isHeld) this.stream?.resume();
  }

  /** Another server, and no user: the stream is not this session's any more. */
  handOver(): Stream | null {
    const { stream } = this;
    this.server.onClosed(this);
    this.state = 'closed';
    this.stream = null;
    return stream;
  }

  private spend(cost: number): void {
    this.allowance -= cost;
    if (this.allowance < 0) this.holdBack();
  }

  /** Nothing that he says is read until he is within his bounds again: the network holds his side up. */
  private holdBack(): void {
    if (this.isHeld) return;
    this.isHeld = true;
    this.stream?.pause();
  }
}
