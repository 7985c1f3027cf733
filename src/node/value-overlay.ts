/**
 * An overlay that keeps values (`overlays/values`) behind the interface of all overlays: its results become promises and failures. Owns the
 * protocol object on its host; what is the overlay's own is told by a ValueOverlay.
 */

import { formatEndpoint } from '../core/endpoint.ts';
import type { Contact } from '../core/contact.ts';
import type { Host, Protocol } from '../core/host.ts';
import type { SocketHost } from '../net/socket-host.ts';
import {
  type AccessHandler,
  type AccessResult,
  type EntryHandler,
  type EntryState,
  VALUE_BYTES_MAX,
  type OwnersFound,
  type Point,
  type Replication,
  type ValueAccess,
  type ValueNode,
} from '../overlays/values/index.ts';
import { Failure, failureFrom } from './failure.ts';
import { unknownQuestion, valueTooLong } from './overlay.ts';
import type {
  Accessed,
  ClientOptions,
  Located,
  MemberOptions,
  OverlayClient,
  OverlayMaker,
  OverlayNode,
  OverlayStatus,
  Place,
  PointStatus,
} from './overlay.ts';

/** What one overlay says of itself. */
export interface ValueOverlay<N extends ValueNode> {
  readonly name: string;
  /** As its paper writes it. */
  readonly title: string;
  /** The tap event that follows when a place has become a member. */
  readonly joined: number;
  /** Throws RangeError when options make no sense. */
  member(host: Host, options: MemberOptions): N;
  client(host: Host, options: ClientOptions, handler: EntryHandler): Protocol & ValueAccess;
  points(node: N): readonly Point[];
}

const AGAIN = 'Run the same command again.';
const MENDS = `The overlay mends itself within seconds. ${AGAIN}`;

export function valueOverlay<N extends ValueNode>(overlay: ValueOverlay<N>): OverlayMaker {
  return {
    valueBytesMax: VALUE_BYTES_MAX,
    listensOnAll: false,
    handsOver: true,
    member: (host, options) => new ValueMember(host, overlay, options),
    client: (host, options) => new ValueUser(host, overlay, options),
  };
}

/** With more than half for reading and for writing, what was put is got. */
export function replication(replicas: number): Replication {
  const quorum = Math.floor(replicas / 2) + 1;
  return { replicas, readQuorum: quorum, writeQuorum: quorum };
}

function statusOf({ self, state, keys, boxes, neighbours }: Point): PointStatus {
  return {
    id: self.hex,
    state,
    keys,
    ...(boxes.length > 0 && { zones: boxes.map(({ text }) => text) }),
    neighbours: neighbours.map(({ role, contact }) => ({ role, ...placeOf(contact) })),
  };
}

function placeOf(contact: Contact): Place {
  return { id: contact.hex, address: formatEndpoint(contact.endpoint) };
}

abstract class Access {
  protected readonly host: SocketHost;
  protected abstract readonly doing: ValueAccess;
  protected readonly title: string;
  readonly #quorum: number;

  constructor(host: SocketHost, { title }: { readonly title: string }, replicas: number) {
    this.host = host;
    this.title = title;
    this.#quorum = replication(replicas).readQuorum;
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<Accessed> {
    if (value.length > VALUE_BYTES_MAX) throw valueTooLong(value.length, VALUE_BYTES_MAX);
    return this.#access((handler) => this.doing.put(key, value, handler));
  }

  get(key: Uint8Array): Promise<Accessed> {
    return this.#access((handler) => this.doing.get(key, handler));
  }

  remove(key: Uint8Array): Promise<Accessed> {
    return this.#access((handler) => this.doing.remove(key, handler));
  }

  async lookup(key: Uint8Array): Promise<Located> {
    const result = await new Promise<OwnersFound>((onFind) => this.doing.trace(key, { onFind }));
    const { owners, hops, timeouts, tookMs, path } = result;
    const owner = owners[0];
    if (owner === undefined) throw this.nobody();
    const others = owners.slice(1).map(placeOf);
    const steps = path.map(({ contact, ...step }) => ({ ...placeOf(contact), ...step }));
    return { owner: placeOf(owner), others, hops, timeouts, tookMs, path: steps };
  }

  more(): Promise<never> {
    return Promise.reject(unknownQuestion(this.title));
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  /** Why a lookup has led nowhere. */
  protected abstract nobody(): Failure;

  async #access(begin: (handler: AccessHandler) => void): Promise<Accessed> {
    const result = await new Promise<AccessResult>((onAccess) => begin({ onAccess }));
    if (result.ok) return result;
    if (result.owners === 0) throw this.nobody();
    throw quorumFailure(result, Math.min(this.#quorum, result.owners));
  }
}

/** Enough nodes were found, but too few of them answered. */
function quorumFailure({ owners, replicas, full, wrote }: AccessResult, wanted: number): Failure {
  const what = `Only ${replicas} of the ${owners} nodes that hold the key ${wrote ? 'took it' : 'answered'}; ${wanted} have to.`;
  if (full > 0) {
    const why = `${full} have no room for more keys.`;
    return new Failure('incomplete', what, why, 'Let more nodes join, or remove keys, and try again.');
  }
  const why = wrote ? 'Until it is done, a get may find it or what was there before.' : 'The others may have just gone.';
  return new Failure('incomplete', what, why, MENDS);
}

class ValueMember<N extends ValueNode> extends Access implements OverlayNode {
  readonly address: string;
  protected readonly doing: N;
  readonly #overlay: ValueOverlay<N>;
  readonly #joined = Promise.withResolvers<void>();
  #left = false;

  constructor(host: SocketHost, overlay: ValueOverlay<N>, options: MemberOptions) {
    super(host, overlay, options.replicas);
    this.address = formatEndpoint(options.endpoint);
    this.#overlay = overlay;
    host.watch((event) => {
      if (event === overlay.joined) this.#look();
    });
    this.doing = made(() => host.run((asHost) => overlay.member(asHost, options)));
    this.#look();
  }

  async join(): Promise<void> {
    await this.#joined.promise;
  }

  leave(): Promise<boolean> {
    return new Promise((resolve) =>
      this.doing.leave({
        onLeft: (handedOver) => {
          this.#left = true;
          resolve(handedOver);
        },
      }),
    );
  }

  inspect(): OverlayStatus {
    const points = this.#overlay.points(this.doing).map(statusOf);
    const { received, sent, malformed, dropped } = this.host.counters;
    return {
      overlay: this.#overlay.name,
      address: this.address,
      state: this.#left ? 'left' : this.doing.isMember ? 'member' : 'joining',
      keys: points.reduce((sum, point) => sum + point.keys, 0),
      facts: [],
      points,
      datagrams: { received, sent, malformed, dropped },
    };
  }

  protected nobody(): Failure {
    return this.doing.isMember
      ? new Failure('timed-out', 'The lookup has found nobody.', 'Nodes on its way do not answer.', MENDS)
      : new Failure(
          'unreachable',
          'The node is not in the overlay.',
          'It is still looking for a member that answers.',
          `See: kith dht status --overlay ${this.#overlay.name}`,
        );
  }

  /** Called by taps, also while the constructor still runs. */
  #look(): void {
    if ((this.doing as N | undefined)?.isMember === true) this.#joined.resolve();
  }
}

class ValueUser<N extends ValueNode> extends Access implements OverlayClient {
  protected readonly doing: ValueAccess;
  readonly #where: string;
  readonly #entered = Promise.withResolvers<EntryState>();

  constructor(host: SocketHost, overlay: ValueOverlay<N>, options: ClientOptions) {
    super(host, overlay, options.replicas);
    this.#where = options.entries.map(formatEndpoint).join(', ');
    const handler = { onEntry: (state: EntryState): void => this.#entered.resolve(state) };
    this.doing = made(() => host.run((asHost) => overlay.client(asHost, options, handler)));
  }

  async enter(): Promise<void> {
    const state = await this.#entered.promise;
    if (state === 'found') return;
    throw state === 'no-member'
      ? new Failure(
          'unreachable',
          `${this.#where} is in no overlay.`,
          'A node is there, but it has left, or is still looking for its way in.',
          'Try again, or name another with --via.',
        )
      : new Failure(
          'unreachable',
          `Nobody answers at ${this.#where}.`,
          this.host.counters.malformed === 0 ? '' : `What came from there is not ${this.title}.`,
          'Check the address, and that the node listens on it: kith dht status',
        );
  }

  protected nobody(): Failure {
    return new Failure('timed-out', 'The lookup has found nobody.', 'Nodes on its way do not answer.', MENDS);
  }
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    // The protocol says in words which option makes no sense.
    if (error instanceof RangeError) throw new Failure('usage', 'These options make no sense together.', `${error.message}.`, '');
    throw failureFrom(error, 'The node could not be made.');
  }
}
