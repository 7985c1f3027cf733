/** The node of the Mainline DHT (BEP 5) beside the engine, and whom it remembers from run to run. Owns the file of those. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Host } from '../core/host.ts';
import { ED25519 } from '../net/ed25519.ts';
import type { SocketHost } from '../net/socket-host.ts';
import { KADEMLIA_DEFAULTS, Kademlia, type KademliaState, MAINLINE_ROUTERS } from '../overlays/kademlia/index.ts';
import type { DhtPlan } from './dht-plan.ts';
import { Failure } from './failure.ts';
import { lookUpNodes, mainlineStatus } from './mainline-view.ts';
import type { Located, OverlayStatus } from './overlay.ts';

/** A file of ours has 40 kB; what is larger is something else. */
const FILE_BYTES_MAX = 1 << 20;

export function mainlineNode(host: Host, plan: DhtPlan, known: KnownNodes): Kademlia {
  return new Kademlia(host, {
    ...KADEMLIA_DEFAULTS,
    bootstrap: plan.nodes,
    bootstrapNames: plan.public ? MAINLINE_ROUTERS : [],
    state: plan.reachesElsewhere ? known.recall() : null,
    signatures: ED25519,
  });
}

/** That node as pages look at it: they see, and look up; what is announced and kept is the engine's own matter. */
export class OwnDht {
  readonly #dht: Kademlia;
  readonly #host: SocketHost;

  constructor(dht: Kademlia, host: SocketHost) {
    this.#dht = dht;
    this.#host = host;
  }

  inspect(): OverlayStatus {
    const { datagram } = this.#host.self;
    return mainlineStatus(
      this.#dht,
      this.#host,
      datagram === null ? '' : formatEndpoint(datagram),
      this.#dht.isJoined ? 'member' : 'joining',
    );
  }

  /** Rejects with a Failure. */
  lookup(key: Uint8Array): Promise<Located> {
    return lookUpNodes(this.#dht, key, () => {
      const why = 'The setting dht.nodes may name some, and torrents that name nodes bring more.';
      return new Failure('unreachable', 'The node knows no other node of the DHT.', why, 'See: kith help dht');
    });
  }
}

/** Contacts in a file. The id is not kept: several processes of a user may run at once, and two nodes with one id are none. */
export class KnownNodes {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Null when there is no file, or it is damaged. */
  recall(): KademliaState | null {
    try {
      const text = readFileSync(this.#file, 'utf8');
      if (text.length > FILE_BYTES_MAX) return null;
      const contacts: unknown = JSON.parse(text);
      if (!Array.isArray(contacts)) return null;
      return { id: '', contacts: contacts.filter((contact) => typeof contact === 'string') };
    } catch {
      return null;
    }
  }

  /** Best effort: without it the next run asks the named nodes and the routers. An empty table is nothing to remember. */
  keep({ contacts }: KademliaState): void {
    if (contacts.length === 0) return;
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(contacts));
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      return;
    }
  }
}
