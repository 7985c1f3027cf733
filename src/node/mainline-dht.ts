/** The node of the Mainline DHT (BEP 5) beside the engine, and whom it remembers from run to run. Owns the file of those. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Host } from '../core/host.ts';
import { ED25519 } from '../net/ed25519.ts';
import { KADEMLIA_DEFAULTS, Kademlia, type KademliaState, MAINLINE_ROUTERS } from '../overlays/kademlia/index.ts';
import type { DhtPlan } from './dht-plan.ts';

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
