/** Simulated networks of FastTrack nodes for tests: supernodes that are there from the beginning, others that come, files with words to find them by. */

import type { Endpoint, Host } from '../../src/core/host.ts';
import { sha1 } from '../../src/core/sha1.ts';
import { utf8Bytes } from '../../src/core/utf8.ts';
import {
  ELECTION_RULES,
  type ElectionRules,
  FASTTRACK_DEFAULTS,
  FastTrackNode,
  type FastTrackOptions,
  type FastTrackPorts,
} from '../../src/overlays/fasttrack/index.ts';
import type { NodeOptions, SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit, SearchListener } from '../../src/wire/search-hit.ts';
import { type FileQuery, NO_HASHES, NO_TAGS, type SharedFile } from '../../src/wire/shared-file.ts';

/** A file whose hash is of its name. */
export function sharedFile(name: string, id = 1, bytes = 3_000_000): SharedFile {
  const uu = sha1(utf8Bytes(name));
  return { id, name, folder: '', bytes, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: { ...NO_HASHES, uu } };
}

/** What a search has found. */
export class Finder implements SearchListener {
  readonly hits: SearchHit[] = [];
  ended = false;

  get names(): string[] {
    return this.hits.map(({ name }) => name).sort();
  }

  onHit(hit: SearchHit): void {
    this.hits.push(hit);
  }

  onSearchEnd(): void {
    this.ended = true;
  }
}

export interface Network {
  readonly world: World;
  readonly nodes: SimNode<FastTrackNode>[];
  add(
    role: FastTrackOptions['role'],
    names?: readonly string[],
    more?: Partial<FastTrackOptions>,
    node?: NodeOptions,
    ports?: Partial<FastTrackPorts>,
  ): SimNode<FastTrackNode>;
  search(node: SimNode<FastTrackNode>, words: string, more?: Partial<FileQuery>): Finder;
  readonly supernodes: SimNode<FastTrackNode>[];
}

export function network(
  options: Partial<FastTrackOptions> = {},
  world: Partial<WorldOptions> = {},
  ports: Partial<FastTrackPorts> = {},
): Network {
  const made = new World({ seed: 1, latency: { kind: 'uniform', minMs: 10, maxMs: 120 }, ...world });
  const nodes: SimNode<FastTrackNode>[] = [];
  const first: Endpoint[] = [];
  return {
    world: made,
    nodes,
    add(role, names = [], more = {}, node = {}, own = {}) {
      const files = new ListedFiles(names.map((name, index) => sharedFile(name, index + 1)));
      const added = made.addNode(
        (host: Host) =>
          new FastTrackNode(host, { files, ...ports, ...own }, { ...FASTTRACK_DEFAULTS, ...options, role, nodes: first.slice(), ...more }),
        node,
      );
      nodes.push(added);
      if (role === 'supernode') first.push(added.endpoint);
      return added;
    },
    search(node, words, more = {}) {
      const finder = new Finder();
      node.protocol.search({ words: words.split(' '), limit: 100, ...more }, finder);
      return finder;
    },
    get supernodes() {
      return nodes.filter(({ host, protocol }) => host.running && protocol.supernode !== null);
    },
  };
}

/** Minutes of an election as seconds. */
export const FAST_ELECTION: ElectionRules = {
  ...ELECTION_RULES,
  uptimeMinMs: 20_000,
  idleMs: 60_000,
  promotionPauseMs: 10_000,
};
