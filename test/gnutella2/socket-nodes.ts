/** Nodes of Gnutella2 on real sockets of this process, on loopback. Owns the hosts. */

import { Random } from '../../src/core/random.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { SocketHost } from '../../src/net/index.ts';
import { Gnutella2Node, type Gnutella2Options } from '../../src/overlays/gnutella2/index.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { SEED } from '../codec-laws.ts';
import { until } from '../interop/peers/process-group.ts';
import { Finding, ownFile } from './networks.ts';

/** All are at one address, and a test does not wait for minutes. */
export const ON_LOOPBACK: Partial<Gnutella2Options> = {
  linksPerAddressMax: 500,
  queryGapMs: 10,
  queriesAtOnce: 1_000,
  tableBits: 16,
  tableGapMs: 1_000,
  aloneMs: 2_000,
  candidateMs: 5_000,
  infoMs: 3_000,
  redialMs: 3_000,
  pingMs: 2_000,
  silenceMs: 6_000,
  walkMs: 20,
  askTimeoutMs: 2_000,
  patienceMs: 1_500,
};

const JOIN_MS_MAX = 20_000;
const FIND_MS_MAX = 30_000;

export class SocketNode {
  readonly host: SocketHost;
  readonly node: Gnutella2Node;

  constructor(host: SocketHost, node: Gnutella2Node) {
    this.host = host;
    this.node = node;
  }

  get isIn(): boolean {
    const { links, role } = this.node;
    return links.hubs.length > 0 || (role.isHub && links.leaves.length > 0);
  }

  get port(): number {
    const { stream } = this.host.self;
    return stream === null ? 0 : ((stream.at(-2) as number) << 8) | (stream.at(-1) as number);
  }

  async find(words: readonly string[], limit = 1): Promise<readonly SearchHit[]> {
    const finding = new Finding();
    this.node.search({ words, limit }, finding);
    await until(`the end of a search of ${words.join(' ')}`, FIND_MS_MAX, () => finding.isOver);
    return finding.hits;
  }
}

export class SocketNodes {
  readonly nodes: SocketNode[] = [];
  readonly random = new Random(SEED, 21);
  private readonly options: Partial<Gnutella2Options>;

  constructor(options: Partial<Gnutella2Options> = {}) {
    this.options = options;
  }

  /** So many, each with a file of its own, that know all others' addresses; in the network when this resolves. `roles`: of the first of them. */
  async grow(count: number, roles: readonly Gnutella2Options['role'][] = []): Promise<void> {
    const hosts = await Promise.all(Array.from({ length: count }, openHost));
    const before = this.nodes.map((node) => node.host);
    const bootstrap = [...before, ...hosts].flatMap((host) => host.self.stream ?? []);
    for (const [index, host] of hosts.entries()) {
      const files = new ListedFiles([ownFile(this.nodes.length)]);
      const all = { ...ON_LOOPBACK, bootstrap, files, role: roles[index] ?? 'auto', ...this.options };
      this.nodes.push(
        new SocketNode(
          host,
          host.run((own) => new Gnutella2Node(own, { compression: zlibCompression, ...all })),
        ),
      );
    }
    await until(`${this.nodes.length} nodes in the network`, JOIN_MS_MAX, () => this.isWhole);
  }

  get isWhole(): boolean {
    return this.nodes.every((node) => node.isIn);
  }

  get hubs(): SocketNode[] {
    return this.nodes.filter(({ node }) => node.role.isHub);
  }

  async remove(node: SocketNode): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    await node.host.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ host }) => host.close()));
  }
}

async function openHost(): Promise<SocketHost> {
  const host = new SocketHost({ address: '127.0.0.1' });
  await host.open();
  return host;
}
