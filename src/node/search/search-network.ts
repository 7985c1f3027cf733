/**
 * A search network on sockets, whichever it is, as the node and its commands use it. Each network is one module that exports a
 * `SearchNetworkMaker`, and a line in `networks.ts`. Owns no state.
 *
 * A network owns its sockets: a host with the port that it is given, on which it also sends what is shared (the listener of a Gnutella servent
 * takes searches, downloads and pushes alike). It keeps no file of its own: whom it knew is asked for by `goodHosts` and given back by `addHosts`.
 */

import type { Endpoint } from '../../core/host.ts';
import type { Proxy } from '../../net/proxy.ts';
import type { CallBackPlace, WayAttempt, WayListener } from '../../transfer/files/index.ts';
import type { ByteBudget } from '../../core/budget-turns.ts';
import type { Search, SearchHit, SearchListener, SearchNetworkName, SearchRequest } from '../../wire/search-hit.ts';
import type { Caller } from '../control/caller.ts';
import type { SharedContent } from '../files/library-content.ts';
import type { Fact } from '../overlay.ts';

export interface SearchNetwork {
  readonly name: SearchNetworkName;
  /** Cheap: it is asked for every second. */
  status(): SearchNetworkStatus;
  /**
   * Tells hits as they come, never from inside this call, and ends by itself (`onSearchEnd`) with the network's own patience, at `limit`, or
   * when there is nobody to ask. With `hashes` the network looks for that file; one that cannot ends at once.
   */
  search(request: SearchRequest, listener: SearchListener): Search;
  /**
   * All that one holder shares, told as hits by himself: `holder` is a nick, or `host:port`. Null: that is no name of one here. A network in which nobody is
   * asked that has no such method.
   */
  browse?(holder: string, listener: SearchListener): Search | null;
  /** Where uploaders of this network call back those whom they had wait; absent: there is no such thing here. */
  readonly callBacks?: CallBackPlace;
  /** Finds the way to the bytes of a hit of this network: his address, a push, a question to the index server. One answer follows, in a later event. */
  reach(hit: SearchHit, listener: WayListener): WayAttempt;
  /** Members to try: of the settings, of the last run, of an introducer. Those that are known already cost nothing. */
  addHosts(hosts: readonly Endpoint[]): void;
  /** Members that answered, the most lasting first: worth knowing at the next start, and to a newcomer. */
  goodHosts(limit: number): readonly Endpoint[];
  /** Says goodbye, lets go of the sockets. Searches and reaches in flight are told no more. */
  close(): Promise<void>;
}

/** joining: looks for a way in. member: has neighbours, or its index server. */
export type SearchNetworkState = 'joining' | 'member';

export interface SearchNetworkStatus {
  readonly network: SearchNetworkName;
  readonly state: SearchNetworkState;
  /** In the words of the network: leaf, ultrapeer, hub, node, supernode, user. */
  readonly role: string;
  /** Where others come to, `host:port`; null where nobody can. */
  readonly address: string | null;
  /** Null: not known yet. */
  readonly firewalled: boolean | null;
  readonly neighbours: readonly SearchNeighbour[];
  /** More members are needed: introducers are asked, and hosts of the last run given. */
  readonly wantsHosts: boolean;
  /** What else there is to say and count, in the words of the network, such as queries answered. */
  readonly facts: readonly Fact[];
}

export interface SearchNeighbour {
  readonly address: string;
  /** What it is to us. */
  readonly role: string;
  /** As it calls itself; empty where it does not. */
  readonly agent: string;
  readonly sinceMs: number;
}

/** Where a network is to live. */
export interface NetworkPlace {
  /** For settings that belong to one network alone, and to tell people something. */
  readonly caller: Caller;
  readonly listenHost: string;
  /** The port wanted; 0 for any. When it is taken, the next free one. */
  readonly port: number;
  /** What others are told to come to, an IP literal; empty: the address listened on. */
  readonly announceHost: string;
  /** All goes through it: then nobody can come, and the node is a firewalled one. */
  readonly proxy: Proxy | null;
  readonly shared: SharedContent;
  /** Files that are sent at the same time. */
  readonly uploadSlotsMax: number;
  /** What may be sent, this network and all else that the process sends together; null: no limit holds, or nothing is shared. */
  readonly uploadBudget: ByteBudget | null;
  /** Only who comes to search for a moment: he takes no role beyond a leaf, and indexes nothing for others. */
  readonly passing: boolean;
}

/** Rejects with a Failure. Resolves when it listens; it looks for its way in from then on. */
export type SearchNetworkMaker = (place: NetworkPlace) => Promise<SearchNetwork>;
