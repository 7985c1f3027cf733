/** Chord behind the interface of all overlays: its results become promises and failures. Owns the protocol object on its host. */

import { formatEndpoint } from '../core/endpoint.ts';
import { ChordEvent } from '../core/events.ts';
import type { SocketHost } from '../net/socket-host.ts';
import {
  type AccessHandler,
  type AccessResult,
  Chord,
  CHORD_DEFAULTS,
  ChordClient,
  type ChordOptions,
  type Contact,
  type EntryState,
  type FindHandler,
  type FindResult,
  VALUE_BYTES_MAX,
  type VirtualNode,
} from '../overlays/chord/index.ts';
import { Failure, failureFrom } from './failure.ts';
import { unknownQuestion, valueTooLong } from './overlay.ts';
import type {
  Accessed,
  ClientOptions,
  Located,
  MemberOptions,
  Neighbour,
  OverlayClient,
  OverlayMaker,
  OverlayNode,
  OverlayStatus,
  Place,
  PointStatus,
} from './overlay.ts';

/** Values that a host holds, however many points it has: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;
const AGAIN = 'Run the same command again.';

export const chordOverlay: OverlayMaker = {
  valueBytesMax: VALUE_BYTES_MAX,
  listensOnAll: false,
  handsOver: true,
  member: (host, options) => new ChordNode(host, options),
  client: (host, options) => new ChordUser(host, options),
};

/** What members and clients can do alike. */
interface Doing {
  get(key: Uint8Array, handler: AccessHandler): void;
  put(key: Uint8Array, value: Uint8Array, handler: AccessHandler): void;
  remove(key: Uint8Array, handler: AccessHandler): void;
  trace(target: Uint8Array, handler: FindHandler): void;
}

abstract class ChordAccess {
  protected readonly host: SocketHost;
  protected abstract readonly doing: Doing;
  protected abstract readonly options: ChordOptions;

  constructor(host: SocketHost) {
    this.host = host;
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<Accessed> {
    if (value.length > VALUE_BYTES_MAX) throw valueTooLong(value.length, VALUE_BYTES_MAX);
    return this.#access((handler) => this.doing.put(key, value, handler), 'writeQuorum');
  }

  get(key: Uint8Array): Promise<Accessed> {
    return this.#access((handler) => this.doing.get(key, handler), 'readQuorum');
  }

  remove(key: Uint8Array): Promise<Accessed> {
    return this.#access((handler) => this.doing.remove(key, handler), 'writeQuorum');
  }

  async lookup(key: Uint8Array): Promise<Located> {
    const result = await new Promise<FindResult>((onFind) => this.doing.trace(key, { onFind }));
    const { owners, hops, timeouts, tookMs, path } = result;
    const owner = owners[0];
    if (owner === undefined) throw this.nobody();
    const others = owners.slice(1).map(placeOf);
    return {
      owner: placeOf(owner),
      others,
      hops,
      timeouts,
      tookMs,
      path: path.map(({ contact, ...step }) => ({ ...placeOf(contact), ...step })),
    };
  }

  more(): Promise<never> {
    return Promise.reject(unknownQuestion('Chord'));
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  /** Why a lookup has led nowhere. */
  protected abstract nobody(): Failure;

  async #access(begin: (handler: AccessHandler) => void, quorum: 'readQuorum' | 'writeQuorum'): Promise<Accessed> {
    const result = await new Promise<AccessResult>((onAccess) => begin({ onAccess }));
    if (result.ok) return result;
    if (result.owners === 0) throw this.nobody();
    throw quorumFailure(result, Math.min(this.options[quorum], result.owners));
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
  return new Failure('incomplete', what, why, `The ring mends itself within seconds. ${AGAIN}`);
}

class ChordNode extends ChordAccess implements OverlayNode {
  readonly address: string;
  protected readonly doing: Chord;
  protected readonly options: ChordOptions;
  readonly #joined = Promise.withResolvers<void>();
  #left = false;

  constructor(host: SocketHost, { endpoint, entries, units, neighbours, replicas, roundMs }: MemberOptions) {
    super(host);
    this.address = formatEndpoint(endpoint);
    this.options = {
      ...withReplicas(replicas),
      endpoint,
      join: entries,
      units,
      successors: neighbours,
      roundMs,
      spreadsNews: true,
      itemsMax: Math.floor(ITEMS_MAX / units),
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    };
    host.watch((event) => {
      if (event === ChordEvent.joined) this.#look();
    });
    this.doing = made(() => host.run((asHost) => new Chord(asHost, this.options)));
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
    const points = this.doing.units.map(pointStatus);
    const { received, sent, malformed, dropped } = this.host.counters;
    return {
      overlay: 'chord',
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
      ? new Failure(
          'timed-out',
          'The lookup has found nobody.',
          'Nodes on its way do not answer.',
          `The ring mends itself within seconds. ${AGAIN}`,
        )
      : new Failure('unreachable', 'The node is not in a ring.', 'It is still looking for a member that answers.', 'See: kith dht status');
  }

  /** Called by taps, also while the constructor still runs. */
  #look(): void {
    if ((this.doing as Chord | undefined)?.isMember === true) this.#joined.resolve();
  }
}

class ChordUser extends ChordAccess implements OverlayClient {
  protected readonly doing: ChordClient;
  protected readonly options: ChordOptions;
  readonly #entered = Promise.withResolvers<EntryState>();

  constructor(host: SocketHost, { entries, replicas }: ClientOptions) {
    super(host);
    this.options = { ...withReplicas(replicas), join: entries };
    const handler = { onEntry: (state: EntryState): void => this.#entered.resolve(state) };
    this.doing = made(() => host.run((asHost) => new ChordClient(asHost, this.options, handler)));
  }

  async enter(): Promise<void> {
    const state = await this.#entered.promise;
    if (state === 'found') return;
    const where = this.options.join.map(formatEndpoint).join(', ');
    throw state === 'no-member'
      ? new Failure(
          'unreachable',
          `${where} is in no ring.`,
          'A node is there, but it has left, or is still looking for its ring.',
          'Try again, or name another with --via.',
        )
      : new Failure(
          'unreachable',
          `Nobody answers at ${where}.`,
          strangers(this.host),
          'Check the address, and that the node listens on it: kith dht status',
        );
  }

  protected nobody(): Failure {
    return new Failure(
      'timed-out',
      'The lookup has found nobody.',
      'Nodes on its way do not answer.',
      `The ring mends itself within seconds. ${AGAIN}`,
    );
  }
}

/** What else may be at an address where no Chord node is. */
function strangers(host: SocketHost): string {
  return host.counters.malformed === 0 ? '' : 'What came from there is not Chord.';
}

/** With more than half for reading and for writing, what was put is got. */
function withReplicas(replicas: number): ChordOptions {
  const quorum = Math.floor(replicas / 2) + 1;
  return {
    ...CHORD_DEFAULTS,
    successors: Math.max(CHORD_DEFAULTS.successors, replicas),
    replicas,
    readQuorum: quorum,
    writeQuorum: quorum,
  };
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

function pointStatus(unit: VirtualNode): PointStatus {
  const { self, status, predecessor, successors, fingers, keys } = unit;
  const neighbours: Neighbour[] = [
    ...(predecessor === null ? [] : [{ role: 'predecessor', ...placeOf(predecessor) }]),
    ...successors.filter((contact) => contact !== self).map((contact) => ({ role: 'successor', ...placeOf(contact) })),
    ...fingers.distinct().map((contact) => ({ role: 'finger', ...placeOf(contact) })),
  ];
  return { id: self.hex, state: status, keys: keys.valid, neighbours };
}

function placeOf(contact: Contact): Place {
  return { id: contact.hex, address: formatEndpoint(contact.endpoint) };
}
