/** FastTrack as experiments see it: real nodes (`overlays/fasttrack`), ordinary and super. Owns the nodes it made. */

import {
  FASTTRACK_DEFAULTS,
  FastTrackNode,
  publishBadHashes,
  type SessionMessage,
  type Term,
  Type,
} from '../../overlays/fasttrack/index.ts';
import { SIMULATED_SIGNATURES } from '../../overlays/kademlia/index.ts';
import type { World } from '../../sim/world.ts';
import type { SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import type { SystemOptions } from '../run-spec.ts';
import type { SearchMessage, SearchNetwork, SearchNodeView, SearchSystem } from '../search-model.ts';
import { complaintOf, neighboursAt, PeerNetwork, serves } from './search-users.ts';

const { childrenMax, linksMin, linksMax, floodTtl, fanOut, resultsMax, sharesMax, beatMs, tickMs, shuffleMs } = FASTTRACK_DEFAULTS;

const DEFAULTS = {
  ...{ childrenMax, linksMin, linksMax, floodTtl, fanOut, resultsMax, sharesMax, beatMs, tickMs, shuffleMs },
  /** Which share of the users are supernodes: 30,000 of 3 million in KaZaA, here more, so that there are some. */
  supernodes: 0.05,
  /** Whether users trust the publisher of the laboratory, whose lists of bad hashes `warn` publishes. */
  honoursBadHashes: false,
};
/** A newcomer is told of so many. */
const ENTRIES = 10;
const PUBLISHER_SECRET = new Uint8Array(32).fill(1);

export const fasttrack: SearchSystem = {
  name: 'fasttrack',
  title: 'FastTrack',
  shape: 'tiers',
  defaults: DEFAULTS,
  build: (world, options, seed) => new FastTrackNetwork(world, options, seed),
};

class FastTrackNetwork extends PeerNetwork<FastTrackNode> implements SearchNetwork {
  private readonly options: typeof DEFAULTS;
  /** What is asked of a supernode and what supernodes ask each other have numbers of their own; the terms are the same object all the way. */
  private readonly byTerms = new WeakMap<readonly Term[], string>();
  private readonly byPassage = new Map<number, string>();
  private readonly byQuestion = new Map<string, string>();
  private searches = 0;
  private serial = 0;

  /** `options` are complete: every name of `fasttrack.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = options as typeof DEFAULTS;
    const { supernodes } = this.options;
    if (!(supernodes > 0 && supernodes <= 1)) throw new RangeError(`supernodes: more than 0 and up to 1 expected, got ${supernodes}`);
  }

  isMember(user: number): boolean {
    if (!this.users.alive.has(user)) return false;
    const { supernode, parent } = this.users.at(user).protocol;
    return supernode === null ? parent.isAttached : supernode.links.count > 0 || this.servesAlone(user);
  }

  search(user: number, words: readonly string[], listener: SearchListener): void {
    this.users.at(user).protocol.search({ words, limit: this.options.resultsMax }, listener);
  }

  holderOf({ holder }: SearchHit): number {
    return this.users.byEndpoint(holder.endpoint);
  }

  linksOf(user: number): readonly number[] {
    const { supernode, parent } = this.users.at(user).protocol;
    if (supernode === null) return parent.isAttached && parent.endpoint !== null ? this.users.livingAt([parent.endpoint]) : [];
    return this.users.livingAt([...supernode.links.all, ...supernode.children].map(({ endpoint }) => endpoint));
  }

  roleOf(user: number): string {
    return this.users.at(user).protocol.supernode === null ? 'ordinary' : 'supernode';
  }

  isServing(user: number): boolean {
    return this.roleOf(user) === 'supernode';
  }

  look(user: number): SearchNodeView {
    const { supernode, parent, cache } = this.users.at(user).protocol;
    const known = { label: 'Supernodes known', value: cache.size };
    if (supernode === null) {
      const above = parent.isAttached ? [{ endpoint: parent.endpoint, role: 'its supernode' }] : [];
      return { facts: [known], neighbours: neighboursAt(this.users, above) };
    }
    const links = [
      ...supernode.links.all.map(({ endpoint }) => ({ endpoint, role: 'supernode' })),
      ...[...supernode.children].map(({ endpoint, shared }) => ({ endpoint, role: 'child', note: `has told of ${shared} files` })),
    ];
    const indexed = { label: 'Files in its index', value: supernode.index.count };
    return { facts: [indexed, known], neighbours: neighboursAt(this.users, links) };
  }

  classify(message: unknown, from: number, to: number): SearchMessage | null {
    // What is none of these has other types, or none: openings, datagrams.
    const said = message as SessionMessage;
    switch (said.type) {
      case Type.search: {
        const search = this.nameOf(said.body.terms);
        this.byQuestion.set(`${from}:${said.body.id}`, search);
        return { kind: 'query', search };
      }
      case Type.query: {
        const search = this.nameOf(said.body.terms);
        this.byPassage.set(said.body.id, search);
        return { kind: 'query', search };
      }
      case Type.found:
        return hitOf(this.byPassage.get(said.body.id));
      case Type.results:
      case Type.searchEnd:
        return hitOf(this.byQuestion.get(`${to}:${said.body.id}`));
      default:
        return null;
    }
  }

  warn(hashes: readonly Uint8Array[]): void {
    const entries = hashes.map((hash) => ({ kind: 'uu', hash, reason: 'corrupt' }) as const);
    const list = publishBadHashes(SIMULATED_SIGNATURES, PUBLISHER_SECRET, ++this.serial, entries);
    // Supernodes pass it on to each other and to their children.
    const first = this.live.find((user) => this.users.at(user).protocol.supernode !== null);
    if (first !== undefined) this.users.at(first).protocol.takeBadHashes(list);
  }

  complaint(): string | null {
    return complaintOf(this);
  }

  private nameOf(terms: readonly Term[]): string {
    let name = this.byTerms.get(terms);
    if (name === undefined) this.byTerms.set(terms, (name = String(this.searches++)));
    return name;
  }

  protected make(files: SharedFiles): number {
    const { supernodes, honoursBadHashes, ...others } = this.options;
    const publishers = honoursBadHashes ? [SIMULATED_SIGNATURES.publicKey(PUBLISHER_SECRET)] : [];
    const role = serves(this.users.count, supernodes) ? 'supernode' : 'ordinary';
    const name = `user${this.users.count}`;
    return this.users.add(
      (host) =>
        new FastTrackNode(host, { files, signatures: SIMULATED_SIGNATURES }, { ...FASTTRACK_DEFAULTS, ...others, role, name, publishers }),
    );
  }

  protected tell(user: number): void {
    this.users.at(user).protocol.addNodes(this.users.serversFor(user, ENTRIES, this.options.supernodes, this.entries));
  }
}

/** Of a search that was begun before anybody looked nothing is known. */
function hitOf(search: string | undefined): SearchMessage | null {
  return search === undefined ? null : { kind: 'hit', search };
}
