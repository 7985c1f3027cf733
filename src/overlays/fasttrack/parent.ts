/**
 * The way of an ordinary node to its supernode: five are asked whether they are there, the one with most room is dialled, and when it is gone, the next.
 * Owns the session with it and what is known of the candidates.
 */

import { type Endpoint, NO_TIMER, type Peer, type Timer } from '../../core/host.ts';
import { ENCRYPTION_TYPE } from './cipher.ts';
import { datagramCodec, pingOf } from './datagrams.ts';
import type { FastTrackNode } from './fasttrack-node.ts';
import { type SessionMessage, Type } from './messages.ts';
import { Session, type SessionHolder } from './session.ts';
import { ShareUpload } from './share-upload.ts';
import { TimerKind } from './timer-kinds.ts';

/** KaZaA's clients tried five at once (Liang, Kumar, Ross 2004). */
const ASKED_AT_ONCE = 5;
const ANSWER_WAIT_MS = 1_500;
/** A dial and its handshake: who takes longer is no supernode to have. */
const DIAL_MS = 6_000;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 15_000;
/** Who says no so soon has only told us of others. */
const SETTLED_MS = 3_000;
/** A list as short as this is a hint where to go from here. */
const HINTS_MAX = 4;
const FULL = 100;

interface Asked {
  readonly peer: Peer;
  readonly endpoint: Endpoint;
  /** Per cent; -1: no answer yet. */
  load: number;
}

export class Parent implements SessionHolder {
  session: Session | null = null;
  endpoint: Endpoint | null = null;
  /** When there was last a supernode, or when the search for one began. */
  orphanSinceMs = 0;
  attachedMs = 0;
  private readonly node: FastTrackNode;
  private state: 'idle' | 'asking' | 'dialling' | 'attached' | 'waiting' = 'idle';
  private asked: Asked[] = [];
  private next: Endpoint[] = [];
  private hints: Endpoint[] = [];
  private pauseMs = PAUSE_FIRST_MS;
  private timer: Timer = NO_TIMER;
  private upload: ShareUpload | null = null;
  private beatMs = 0;

  constructor(node: FastTrackNode) {
    this.node = node;
  }

  get isAttached(): boolean {
    return this.state === 'attached';
  }

  start(): void {
    this.orphanSinceMs = this.node.host.now();
    this.begin();
  }

  /** Says no goodbye: the end of the stream is one. */
  stop(): void {
    this.node.host.clearTimer(this.timer);
    this.state = 'idle';
    const { session } = this;
    this.session = null;
    this.upload = null;
    session?.end();
  }

  /** The node's beat: is it still there? */
  beat(nowMs: number): void {
    const { session } = this;
    if (this.state !== 'attached' || session === null) return;
    // Nothing since the last beat, at which it was asked for a sign of life.
    if (session.heardMs < this.beatMs) return session.reset();
    this.beatMs = nowMs;
    // It has not turned us away: the others need not be tried.
    if (this.next.length > 0) this.next = [];
    session.send({ type: 'ping' });
    this.upload?.refresh(session);
  }

  onAnswer(from: Peer, load: number): void {
    const asked = this.asked.find(({ peer }) => peer === from);
    if (asked === undefined || this.state !== 'asking') return;
    asked.load = load;
    // Nobody else is waited for.
    if (this.asked.every(({ load: told }) => told >= 0)) this.onAsked();
  }

  /** Somebody has been named: whoever rests because there was nobody goes on. */
  onNamed(): void {
    if (this.state === 'waiting') this.begin();
  }

  /** Timer `parent`. */
  onTimer(): void {
    this.timer = NO_TIMER;
    if (this.state === 'asking') this.onAsked();
    else if (this.state === 'dialling') this.session?.reset();
    else if (this.state === 'waiting') this.begin();
  }

  // ---- the session -----------------------------------------------------------------------------------------------------------

  onReady(session: Session): void {
    const { node } = this;
    this.setTimer('attached', 0);
    this.attachedMs = node.host.now();
    this.beatMs = this.attachedMs;
    session.send({ type: Type.user, body: { endpoint: node.ownAddress, bandwidth: node.bandwidth, zero: 0, name: node.name } });
    this.sayCapacity(session);
    for (const { publisher, serial } of node.badHashes.serials()) session.send({ type: Type.askBadHashes, body: { publisher, serial } });
    this.upload = new ShareUpload(node.files, node.options.sharesMax, (uu) => node.isBad(uu));
    this.upload.go(session);
    node.searches.askAll();
  }

  onRoom(session: Session): void {
    this.upload?.go(session);
  }

  onMessage(session: Session, message: SessionMessage): void {
    const { node } = this;
    switch (message.type) {
      case Type.nodes: {
        const { nodes } = message.body;
        node.learn(session, nodes);
        if (nodes.length <= HINTS_MAX)
          this.hints = nodes.map(({ endpoint }) => endpoint).filter((endpoint) => node.mayDial(session, endpoint));
        return;
      }
      case Type.results:
        return node.searches.onResults(message.body.supernode, message.body.id, message.body.results);
      case Type.searchEnd:
        return node.searches.onEnd(message.body.id);
      case Type.stats:
        node.stats = message.body;
        return;
      case Type.externalIp:
        return node.onExternalIp(message.body.ip);
      case Type.push:
        if (message.body.target === null && node.mayDial(session, message.body.requester))
          node.onPush(message.body.id, message.body.requester);
        return;
      case Type.badHashes:
        if (node.takeBadHashes(message.body.list)) this.upload?.refresh(session);
        return;
      case Type.promote:
        return node.onPromotion();
      default:
        return;
    }
  }

  onGone(session: Session): void {
    if (session !== this.session) return;
    const { node } = this;
    const now = node.host.now();
    const wasAttached = this.state === 'attached';
    const endpoint = this.endpoint as Endpoint;
    this.session = null;
    this.upload = null;
    if (wasAttached && now - this.attachedMs > SETTLED_MS) {
      this.orphanSinceMs = now;
      this.pauseMs = PAUSE_FIRST_MS;
      node.cache.forget(endpoint);
      this.next = this.hints;
      this.hints = [];
      return this.next.length > 0 ? this.dialNext() : this.begin();
    }
    if (!wasAttached) node.cache.failed(endpoint);
    this.dialNext();
  }

  /** What is shared has changed. */
  tellFiles(): void {
    if (this.isAttached && this.session !== null) this.upload?.refresh(this.session);
  }

  sayCapacity(session: Session): void {
    const { node } = this;
    const uptimeMinutes = Math.floor((node.host.now() - node.startedMs) / 60_000);
    const willing = node.options.role === 'auto' ? 1 : 0;
    session.send({ type: Type.capacity, body: { uptimeMinutes, level: node.participation.level, files: node.files.count, willing } });
  }

  // ---- candidates ------------------------------------------------------------------------------------------------------------

  private begin(): void {
    const { node } = this;
    const { host } = node;
    const candidates = node.cache.pick(ASKED_AT_ONCE, host.random);
    if (candidates.length === 0) {
      node.learnFirst();
      return this.pause();
    }
    this.asked = candidates.map((endpoint) => ({ peer: host.peer(endpoint), endpoint, load: -1 }));
    for (const { peer } of this.asked) host.send(peer, datagramCodec, pingOf(ENCRYPTION_TYPE, node.options.network));
    this.setTimer('asking', ANSWER_WAIT_MS);
  }

  /** Those with room first, then those who said nothing, whose datagrams may be lost; who is full is not bothered. */
  private onAsked(): void {
    const silent = this.asked.filter(({ load }) => load < 0);
    const answered = this.asked.filter(({ load }) => load >= 0 && load < FULL).sort((a, b) => a.load - b.load);
    this.next = [...answered, ...silent].map(({ endpoint }) => endpoint);
    this.asked = [];
    this.dialNext();
  }

  private dialNext(): void {
    if (this.state === 'idle') return;
    const endpoint = this.next.shift();
    if (endpoint === undefined) return this.pause();
    const { host, options } = this.node;
    this.endpoint = endpoint;
    this.setTimer('dialling', DIAL_MS);
    this.session = Session.dial(host, options.network, endpoint, this);
  }

  private pause(): void {
    this.setTimer('waiting', this.pauseMs * (0.5 + this.node.host.random.unit()));
    this.pauseMs = Math.min(PAUSE_MAX_MS, 2 * this.pauseMs);
    this.node.onOrphan();
  }

  private setTimer(state: Parent['state'], delayMs: number): void {
    this.node.host.clearTimer(this.timer);
    this.state = state;
    this.timer = delayMs > 0 ? this.node.host.setTimer(delayMs, TimerKind.parent, 0) : NO_TIMER;
  }
}
