/** A structured overlay as commands use it, whichever it is and wherever it runs: promises, because this is the edge. Owns no state. */

import type { Endpoint } from '../core/host.ts';
import type { SocketHost } from '../net/socket-host.ts';
import type { JsonObject } from './control-connection.ts';
import { Failure } from './failure.ts';

/** Keys of every overlay are 20 bytes; one with other ids hashes them on. */
export const KEY_BYTES = 20;

/** What anybody does with an overlay, as a member or through one. All reject with a Failure. */
export interface OverlayAccess {
  put(key: Uint8Array, value: Uint8Array): Promise<Accessed>;
  /** A value that is not there is null, and no Failure. */
  get(key: Uint8Array): Promise<Accessed>;
  remove(key: Uint8Array): Promise<Accessed>;
  /** Who is responsible for the key, and the way to it. */
  lookup(key: Uint8Array): Promise<Located>;
  /** What this overlay can beyond all others, as a question and an answer that can go through a control socket. */
  more(question: JsonObject): Promise<JsonObject>;
}

/** A node that takes part. */
export interface OverlayNode extends OverlayAccess {
  /** Where others reach it, `host:port`. */
  readonly address: string;
  /** Resolves when it is in the overlay. It looks for a way in until then, or until it is closed. */
  join(): Promise<void>;
  /** Hands over what it holds, then tells its neighbours; true when all of it was taken. False at once where the overlay knows no goodbye. */
  leave(): Promise<boolean>;
  inspect(): OverlayStatus;
  close(): Promise<void>;
}

/** Who uses an overlay from outside. */
export interface OverlayClient extends OverlayAccess {
  /** Resolves when a member has answered. */
  enter(): Promise<void>;
  close(): Promise<void>;
}

export interface Accessed {
  readonly value: Uint8Array | null;
  /** Nodes that hold the key, and how many of them have answered or taken it. */
  readonly owners: number;
  readonly replicas: number;
  readonly hops: number;
  readonly tookMs: number;
}

export interface Place {
  /** Hex. */
  readonly id: string;
  readonly address: string;
}

export interface Located {
  readonly owner: Place;
  /** Those that hold the key with it, nearest first. */
  readonly others: readonly Place[];
  readonly hops: number;
  /** Dead nodes that were waited for. */
  readonly timeouts: number;
  readonly tookMs: number;
  /** Who was asked, in the order of the answers; the owner last. Empty when the node itself knew. */
  readonly path: readonly PathStep[];
}

export interface PathStep extends Place {
  readonly hops: number;
  /** A word: answered, silent, gone, owner. */
  readonly outcome: string;
  readonly tookMs: number;
}

export interface OverlayStatus {
  readonly overlay: string;
  readonly address: string;
  readonly state: 'joining' | 'member' | 'left';
  readonly keys: number;
  /** What else there is to say about it, in the words of the overlay. */
  readonly facts: readonly Fact[];
  /** The places that this node has in the overlay: one, or as many as it has virtual nodes. */
  readonly points: readonly PointStatus[];
  readonly datagrams: { readonly received: number; readonly sent: number; readonly malformed: number; readonly dropped: number };
}

export interface Fact {
  readonly label: string;
  readonly value: string | number;
}

export interface PointStatus {
  readonly id: string;
  readonly state: string;
  readonly keys: number;
  readonly neighbours: readonly Neighbour[];
}

export interface Neighbour extends Place {
  /** What it is to this node, in the words of the overlay. */
  readonly role: string;
}

/** What can be chosen about taking part. An overlay to which one of them means nothing ignores it. */
export interface MemberOptions {
  /** Where others reach this node. */
  readonly endpoint: Endpoint;
  /** Members to join through; none: this is the first. */
  readonly entries: readonly Endpoint[];
  /** Places that it takes. */
  readonly units: number;
  /** Affinity groups of a network that it founds. */
  readonly groups: number;
  /** Neighbours that it keeps on its side of the overlay. */
  readonly neighbours: number;
  /** Nodes that hold each key. */
  readonly replicas: number;
  /** Mean time between two looks at the neighbours. */
  readonly roundMs: number;
  /** Where it may keep from run to run whom it knew. */
  readonly stateFile: string;
  /** Without entries: it is the first of a network of its own, and asks nobody whom everybody knows. */
  readonly founds: boolean;
}

export interface ClientOptions {
  readonly entries: readonly Endpoint[];
  readonly replicas: number;
}

/** How one overlay is made on sockets. Throws a usage Failure when the options make no sense. */
export interface OverlayMaker {
  /** What one key may hold; a put of more is refused. */
  readonly valueBytesMax: number;
  /** Members are known by the address that their datagrams come from, so one may listen on all; else by the one that they tell. */
  readonly listensOnAll: boolean;
  /** Who leaves hands over what it holds. */
  readonly handsOver: boolean;
  member(host: SocketHost, options: MemberOptions): OverlayNode;
  client(host: SocketHost, options: ClientOptions): OverlayClient;
}

/** For questions of another overlay. */
export function unknownQuestion(overlay: string): Failure {
  return new Failure(
    'usage',
    `That cannot be asked of ${overlay}.`,
    'Torrents and items are of the Mainline DHT.',
    'Add --overlay mainline.',
  );
}

export function valueTooLong(bytes: number, bytesMax: number): Failure {
  const what = `A value has at most ${bytesMax} bytes, this one has ${bytes}.`;
  return new Failure('usage', what, 'An overlay keeps small things.', 'Share it with `kith share`, and put its link instead.');
}
