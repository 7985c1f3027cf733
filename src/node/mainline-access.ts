/** What a member and a client of the Mainline DHT do alike: questions of commands become operations of the protocol. Owns the protocol object. */

import { formatEndpoint } from '../core/endpoint.ts';
import { hexOf } from '../core/hex.ts';
import type { Endpoint } from '../core/host.ts';
import { ED25519 } from '../net/ed25519.ts';
import type { SocketHost } from '../net/socket-host.ts';
import {
  type Contact,
  type ItemFound,
  type ItemPut,
  Kademlia,
  KADEMLIA_DEFAULTS,
  type KademliaOptions,
  type LookupCost,
  type PeersFound,
} from '../overlays/kademlia/index.ts';
import type { JsonObject } from './control/control-connection.ts';
import { Failure } from './failure.ts';
import {
  type AnnounceAnswer,
  bytesField,
  casOf,
  type Cost,
  type GetFields,
  infoHashOf,
  itemKeyOf,
  mutableOf,
  nothingRemoved,
  type PeersAnswer,
  type PutAnswer,
  type SampleAnswer,
  type SampledNode,
} from './mainline-questions.ts';
import { checkAnswered, lookUpNodes, placeOf } from './mainline-view.ts';
import { type Accessed, type Located, unknownQuestion } from './overlay.ts';
import { resolvePeer } from './peer-address.ts';

export abstract class MainlineAccess {
  protected readonly host: SocketHost;
  protected readonly dht: Kademlia;

  constructor(host: SocketHost, options: Partial<KademliaOptions>) {
    this.host = host;
    this.dht = host.run((asHost) => new Kademlia(asHost, { ...KADEMLIA_DEFAULTS, signatures: ED25519, ...options }));
  }

  put(): Promise<Accessed> {
    return Promise.reject(noKeys());
  }

  get(): Promise<Accessed> {
    return Promise.reject(noKeys());
  }

  remove(): Promise<Accessed> {
    return Promise.reject(nothingRemoved());
  }

  lookup(key: Uint8Array): Promise<Located> {
    return lookUpNodes(this.dht, key, () => this.nobody());
  }

  async more(question: JsonObject): Promise<JsonObject> {
    switch (question.command) {
      case 'get-peers':
        return { found: await this.#getPeers(infoHashOf(question, 'infoHash'), question.scrape === true) };
      case 'announce':
        return { found: await this.#announce(infoHashOf(question, 'infoHash'), Number(question.port), question.isSeed === true) };
      case 'sample':
        return { found: await this.#sample(question) };
      case 'put-item':
        return { found: await this.#putItem(question) };
      case 'get-item':
        return { found: await this.#getItem(question) };
      default:
        throw unknownQuestion('the Mainline DHT');
    }
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  /** Why there is nobody to ask. */
  protected abstract nobody(): Failure;

  async #getPeers(infoHash: Uint8Array, scrape: boolean): Promise<PeersAnswer> {
    const peers: string[] = [];
    const found = await new Promise<PeersFound>((onPeersDone) => {
      const onPeers = (more: readonly Endpoint[]): void => void peers.push(...more.map(formatEndpoint));
      this.dht.getPeers(infoHash, { onPeers, onPeersDone }, { scrape });
    });
    if (peers.length === 0) checkAnswered(found, () => this.nobody());
    return { peers, seeds: found.scrape?.seeds ?? null, leechers: found.scrape?.peers ?? null, ...costOf(found) };
  }

  async #announce(infoHash: Uint8Array, port: number, isSeed: boolean): Promise<AnnounceAnswer> {
    if (!(Number.isInteger(port) && port > 0 && port <= 0xffff)) throw new Failure('usage', 'That is no port.', 'Expected 1 to 65535.', '');
    const found = await new Promise<PeersFound>((onPeersDone) => {
      this.dht.announce(infoHash, port, { onPeers: () => {}, onPeersDone }, { isSeed });
    });
    checkAnswered(found, () => this.nobody());
    return { stored: found.stored, ...costOf(found) };
  }

  async #sample(question: JsonObject): Promise<SampleAnswer> {
    const endpoint = typeof question.node === 'string' ? await this.#reached(question.node) : null;
    const target = endpoint === null ? infoHashOf(question, 'target') : null;
    const nodes: SampledNode[] = [];
    const cost = await new Promise<LookupCost>((onSampled) => {
      const onSamples = (from: Contact, infoHashes: readonly Uint8Array[], total: number, intervalSeconds: number): void =>
        void nodes.push({ ...placeOf(from), total, intervalSeconds, infoHashes: infoHashes.map((each) => hexOf(each)) });
      if (endpoint !== null) this.dht.sampleNode(endpoint, { onSamples, onSampled });
      else this.dht.sample(target as Uint8Array, { onSamples, onSampled });
    });
    if (endpoint === null) checkAnswered(cost, () => this.nobody());
    return { nodes, timeouts: cost.timeouts, ...costOf(cost) };
  }

  async #putItem(question: JsonObject): Promise<PutAnswer> {
    const value = bytesField(question, 'value');
    const item = mutableOf(question, value);
    const cas = casOf(question);
    const put = await new Promise<ItemPut>((onPut, reject) => {
      try {
        if (item === null) this.dht.putImmutable(value, { onPut });
        else this.dht.putMutable(item, { onPut }, cas);
      } catch (error) {
        // The protocol says in words what no node would store.
        reject(error instanceof RangeError ? new Failure('usage', 'No node would store that.', `${error.message}.`, '') : error);
      }
    });
    checkAnswered(put, () => this.nobody());
    return { target: hexOf(put.target), stored: put.stored, refusals: put.refusals, ...costOf(put) };
  }

  async #getItem(question: JsonObject): Promise<GetFields> {
    const name = itemKeyOf(question);
    const found = await new Promise<ItemFound>((onItem) => this.dht.get(name, { onItem }));
    if (found.value === null) checkAnswered(found, () => this.nobody());
    return {
      target: hexOf(found.target),
      value: found.value === null ? null : Buffer.from(found.value).toString('base64'),
      seq: found.mutable === null ? null : String(found.mutable.seq),
      copies: found.copies,
      missing: found.missing,
      ...costOf(found),
    };
  }

  async #reached(node: string): Promise<Endpoint> {
    const endpoint = await resolvePeer(node);
    if (endpoint !== null && this.dht.networkOf(endpoint) !== null) return endpoint;
    throw new Failure(
      'usage',
      `${node} is no node that can be asked from here.`,
      '',
      'Check the address; is it of the same kind, IPv4 or IPv6?',
    );
  }
}

function noKeys(): Failure {
  return new Failure(
    'usage',
    'The Mainline DHT has no keys of your choice.',
    'An item lies under its own hash, or under a public key (BEP 44).',
    'See: kith help dht put',
  );
}

function costOf({ hops, questions, tookMs }: LookupCost): Cost {
  return { hops, questions, tookMs };
}
