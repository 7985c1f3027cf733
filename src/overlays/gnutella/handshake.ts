/**
 * How two servents agree to be neighbours (0.6): a greeting, an answer, and a word in the end, each with headers that say what they can. Owns the stream
 * until it is a neighbour's, or refused.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import type { CloseReason, Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { greetingVersion, statusOf } from '../../wire/gnutella-handshake.ts';
import { type GreetingHead, greetingHead } from '../../wire/greeting-head.ts';
import { type Capabilities, capabilitiesOf, hostsToTry } from './capabilities.ts';

/** What a peer will be to us. */
export type NeighbourKind = 'leaf' | 'ultrapeer' | 'flat';

export interface Agreement {
  readonly kind: NeighbourKind;
  readonly capabilities: Capabilities;
  readonly deflatesToUs: boolean;
  readonly deflatesFromUs: boolean;
}

export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** Who decides. */
export interface HandshakeOwner {
  readonly greetsOldWay: boolean;
  readonly acceptsOldGreeting: boolean;
  readonly hasCompression: boolean;
  /** Headers of ours, for one who is there. */
  headersFor(peer: Endpoint, part: 'greeting' | 'answer' | 'refusal' | 'crawled'): [string, string][];
  /** What he may be, whom we have not dialled. */
  judgeIncoming(peer: Endpoint, capabilities: Capabilities): NeighbourKind | Refusal;
  /** What he may be, who has accepted us; `asLeaf`: he is to have us as a leaf. */
  judgeAnswer(handshake: Handshake, capabilities: Capabilities): { readonly kind: NeighbourKind; readonly asLeaf: boolean } | Refusal;
  /** Whether there is still a place: others may have come while the last word was on its way. */
  hasRoomFor(kind: NeighbourKind): boolean;
  onAgreed(handshake: Handshake, agreement: Agreement): void;
  /** It came to nothing; `code` 0: no word was said, or none that we understood. */
  onHandshakeFailed(handshake: Handshake, code: number, byUltrapeer: boolean): void;
  onHostsToTry(from: Endpoint, hosts: readonly Endpoint[]): void;
}

const OK = 'GNUTELLA/0.6 200 OK';
const OLD_VERSION = 4;
const NO_HEADERS = { headers: new Map<string, string>() };

export class Handshake implements StreamHandler<GreetingHead> {
  readonly peer: Endpoint;
  readonly startedAtMs: number;
  readonly isIncoming: boolean;
  private readonly owner: HandshakeOwner;
  private current: Stream | null = null;
  private state: 'greeting' | 'answer' | 'confirmation' | 'over' = 'greeting';
  private capabilities: Capabilities | null = null;
  private kind: NeighbourKind = 'flat';

  constructor(owner: HandshakeOwner, peer: Endpoint, isIncoming: boolean, nowMs: number) {
    this.owner = owner;
    this.peer = peer;
    this.isIncoming = isIncoming;
    this.startedAtMs = nowMs;
  }

  get stream(): Stream {
    return this.current as Stream; // There is one whenever the owner hears of us.
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  onOpen(stream: Stream): void {
    this.current = stream;
    if (this.isIncoming) return;
    this.state = 'answer';
    if (this.owner.greetsOldWay) this.say(oldHead('GNUTELLA CONNECT/0.4'));
    else this.say(greetingHead('GNUTELLA CONNECT/0.6', this.owner.headersFor(this.peer, 'greeting')));
  }

  onMessage(head: GreetingHead): void {
    switch (this.state) {
      case 'greeting':
        return this.onGreeting(head);
      case 'answer':
        return this.onAnswer(head);
      case 'confirmation':
        return this.onConfirmation(head);
      case 'over':
        return;
    }
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.fail(0);
  }

  onClose(_reason: CloseReason, _detail: string): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.owner.onHandshakeFailed(this, 0, false);
  }

  /** It has taken too long, or we end. */
  abandon(): void {
    this.fail(0);
  }

  private onGreeting(head: GreetingHead): void {
    const version = greetingVersion(head.first);
    if (version === null) return this.fail(0);
    if (version <= OLD_VERSION) return this.onOldGreeting();
    const capabilities = capabilitiesOf(head);
    this.capabilities = capabilities;
    this.learnHosts(head);
    if (head.headers.has('crawler')) return this.refuse({ code: 200, text: 'OK' }, 'crawled');
    const judgement = this.owner.judgeIncoming(this.peer, capabilities);
    if (typeof judgement !== 'string') return this.refuse(judgement, 'refusal');
    this.kind = judgement;
    const headers = this.owner.headersFor(this.peer, 'answer');
    if (capabilities.inflates && this.owner.hasCompression) headers.push(['Content-Encoding', 'deflate']);
    this.state = 'confirmation';
    this.say(greetingHead(OK, headers));
  }

  private onOldGreeting(): void {
    const capabilities = capabilitiesOf(NO_HEADERS);
    if (!this.owner.acceptsOldGreeting) return this.fail(0);
    const judgement = this.owner.judgeIncoming(this.peer, capabilities);
    // There is no way to say no in 0.4.
    if (typeof judgement !== 'string') return this.fail(0);
    this.say(oldHead('GNUTELLA OK'));
    this.agree({ kind: judgement, capabilities, deflatesToUs: false, deflatesFromUs: false });
  }

  private onAnswer(head: GreetingHead): void {
    if (head.first === 'GNUTELLA OK' && this.owner.greetsOldWay) {
      const capabilities = capabilitiesOf(NO_HEADERS);
      const judgement = this.owner.judgeAnswer(this, capabilities);
      if ('code' in judgement) return this.fail(judgement.code);
      return this.agree({ kind: judgement.kind, capabilities, deflatesToUs: false, deflatesFromUs: false });
    }
    const status = statusOf(head.first);
    if (status === null) return this.fail(0);
    this.learnHosts(head);
    if (status.code !== 200) return this.fail(status.code, capabilitiesOf(head).isUltrapeer === true);
    const capabilities = capabilitiesOf(head);
    const judgement = this.owner.judgeAnswer(this, capabilities);
    if ('code' in judgement) return this.refuse(judgement, 'refusal');
    const headers: [string, string][] = [];
    if (judgement.asLeaf) headers.push(['X-Ultrapeer', 'False']);
    const deflatesFromUs = capabilities.inflates && this.owner.hasCompression;
    if (deflatesFromUs) headers.push(['Content-Encoding', 'deflate']);
    this.say(greetingHead(OK, headers));
    const deflatesToUs = capabilities.deflates && this.owner.hasCompression;
    this.agree({ kind: judgement.kind, capabilities, deflatesToUs, deflatesFromUs });
  }

  private onConfirmation(head: GreetingHead): void {
    const status = statusOf(head.first);
    if (status?.code !== 200) return this.fail(status?.code ?? 0);
    const first = this.capabilities as Capabilities; // Of the greeting, which came before.
    const last = capabilitiesOf(head);
    // It has taken our word that no further ultrapeer is needed.
    const kind = this.kind === 'ultrapeer' && last.isUltrapeer === false ? 'leaf' : this.kind;
    if (!this.owner.hasRoomFor(kind)) return this.fail(0);
    const deflatesToUs = last.deflates && this.owner.hasCompression;
    const deflatesFromUs = first.inflates && this.owner.hasCompression;
    this.agree({ kind, capabilities: first, deflatesToUs, deflatesFromUs });
  }

  private learnHosts(head: GreetingHead): void {
    const hosts = hostsToTry(head);
    if (hosts.length > 0) this.owner.onHostsToTry(this.peer, hosts);
  }

  private agree(agreement: Agreement): void {
    this.state = 'over';
    this.owner.onAgreed(this, agreement);
  }

  private refuse({ code, text }: Refusal, part: 'refusal' | 'crawled'): void {
    this.say(greetingHead(`GNUTELLA/0.6 ${code} ${text}`, this.owner.headersFor(this.peer, part)));
    this.state = 'over';
    this.stream.end();
    this.owner.onHandshakeFailed(this, code, false);
  }

  private fail(code: number, byUltrapeer = false): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.current?.reset();
    this.owner.onHandshakeFailed(this, code, byUltrapeer);
  }

  private say(bytes: RawBytes): void {
    this.stream.send(rawBytes, bytes);
  }
}

/** The greeting and its answer of 0.4, which end their lines as Unix does. */
function oldHead(line: string): RawBytes {
  return new RawBytes(latin1Bytes(`${line}\n\n`));
}
