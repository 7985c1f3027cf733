/**
 * A stand-in for a network: members hold streams to a few others and pass on whom they know when they meet, as handshakes of Gnutella do. They
 * come in through introducers and what they remember, and keep looking for neighbours as others go.
 */

import { endpoint, list } from '../../src/core/fields.ts';
import { formatEndpoint } from '../../src/core/endpoint.ts';
import type { CloseReason, Endpoint, Host, Protocol, Stream, StreamAcceptor, StreamHandler } from '../../src/core/host.ts';
import { type MessageOf, message } from '../../src/core/message.ts';
import { Introducers } from '../../src/overlays/introducer/index.ts';
import { StreamFetcher } from './stream-fetcher.ts';

const NEIGHBOURS = 6;
const NEIGHBOURS_MAX = 14;
const KNOWN_MAX = 100;
const TOLD_MAX = 10;
const TICK_MS = 10_000;
/** Neighbours are spoken to every half minute: a stream to one whose machine is off fails only when something is said. */
const TICKS_PER_GREETING = 3;

const hello = message('hello', 1, { self: endpoint, known: list(endpoint, TOLD_MAX) });
type Hello = MessageOf<typeof hello>;

/** In the simulator messages are handed over as they are: nothing is cut. */
const hellos = {
  name: 'hellos',
  deframer: () => ({
    idle: true,
    push(): number {
      throw new Error('a world in reference mode expected');
    },
  }),
};

export interface WalkerOptions {
  readonly introducers: readonly string[];
  /** Remembered from an earlier run. */
  readonly known: readonly Endpoint[];
}

export class Walker implements Protocol, StreamAcceptor<Hello> {
  readonly introducers: Introducers;
  readonly neighbours = new Set<Link>();
  readonly #host: Host;
  /** By their text; those that answered last come last. */
  readonly #known = new Map<string, Endpoint>();
  #ticks = 0;

  constructor(host: Host, { introducers, known }: WalkerOptions) {
    this.#host = host;
    for (const each of known) this.learn(each);
    const listener = { onMembers: (members: readonly Endpoint[]): void => members.forEach((member) => this.learn(member)) };
    this.introducers = new Introducers(introducers, 'gnutella', 'KITH1.0', new StreamFetcher(host), host.random, listener);
  }

  get self(): Endpoint {
    return this.#host.self.stream as Endpoint;
  }

  start(): void {
    this.#host.listen(hellos, this);
    this.onTimer();
  }

  onTimer(): void {
    this.introducers.tick(this.#host.now(), this.neighbours.size < NEIGHBOURS / 2, this.self);
    if (this.neighbours.size < NEIGHBOURS) this.#dial();
    if (this.#ticks++ % TICKS_PER_GREETING === 0) for (const link of this.neighbours) link.greet([]);
    this.#host.setTimer(TICK_MS, 0, 0);
  }

  remembered(): Endpoint[] {
    return [...this.#known.values()];
  }

  learn(endpoint: Endpoint): void {
    const key = formatEndpoint(endpoint);
    if (key === formatEndpoint(this.self)) return;
    this.#known.delete(key);
    this.#known.set(key, endpoint);
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value as string);
  }

  forget(endpoint: Endpoint): void {
    this.#known.delete(formatEndpoint(endpoint));
  }

  /** Some of those that it knows. */
  some(): Endpoint[] {
    return this.#host.random.shuffle(this.remembered()).slice(0, TOLD_MAX);
  }

  get isFull(): boolean {
    return this.neighbours.size >= NEIGHBOURS_MAX;
  }

  onConnection(): Link {
    return new Link(this, null);
  }

  #dial(): void {
    const linked = new Set([...this.neighbours].map(({ other }) => (other === null ? '' : formatEndpoint(other))));
    const candidates = this.remembered().filter((each) => !linked.has(formatEndpoint(each)));
    if (candidates.length === 0) return;
    const chosen = candidates[this.#host.random.below(candidates.length)] as Endpoint;
    const link = new Link(this, chosen);
    this.#host.connect(this.#host.peer(chosen), hellos, link);
  }

  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

export class Link implements StreamHandler<Hello> {
  other: Endpoint | null;
  readonly #walker: Walker;
  #stream: Stream | null = null;

  constructor(walker: Walker, other: Endpoint | null) {
    this.#walker = walker;
    this.other = other;
  }

  onOpen(stream: Stream): void {
    this.#stream = stream;
    const isRefused = stream.incoming && this.#walker.isFull;
    if (!isRefused) this.#walker.neighbours.add(this);
    this.greet(this.#walker.some());
    // With a hint where else to try, as 503 of Gnutella gives it.
    if (isRefused) stream.end();
  }

  greet(known: readonly Endpoint[]): void {
    this.#stream?.send(hello, { tag: hello.tag, self: this.#walker.self, known });
  }

  onMessage({ self, known }: Hello): void {
    this.other = self;
    for (const each of known) this.#walker.learn(each);
    this.#walker.learn(self);
  }

  onClose(reason: CloseReason): void {
    this.#walker.neighbours.delete(this);
    if (this.other !== null && (reason === 'timeout' || reason === 'unreachable')) this.#walker.forget(this.other);
  }

  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.#stream?.end();
  }
}
