/** The members of a network that this node knew in its last run, so that it comes back without asking anybody. Owns one file a network in the state folder. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { isObject } from '../control/control-connection.ts';

const FILE_VERSION = 1;
export const HOSTS_KEPT_MAX = 200;

export class HostMemory {
  readonly #folder: string;
  readonly #written = new Map<string, string>();

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'networks');
  }

  /** The most lasting first; none where nothing that can be read was kept. */
  recall(network: string): Endpoint[] {
    try {
      const kept: unknown = JSON.parse(readFileSync(this.#file(network), 'utf8'));
      if (!isObject(kept) || kept.version !== FILE_VERSION || !Array.isArray(kept.hosts)) return [];
      const hosts = kept.hosts.slice(0, HOSTS_KEPT_MAX).map((host) => (typeof host === 'string' ? parseEndpoint(host) : null));
      return hosts.filter((host) => host !== null);
    } catch {
      return [];
    }
  }

  /** Before those that were kept, as far as there is room: a short run, or one without a network, forgets nobody. Throws what the disk says. */
  keep(network: string, hosts: readonly Endpoint[]): void {
    if (hosts.length === 0) return;
    const all = new Set([...hosts, ...this.recall(network)].map(formatEndpoint));
    const text = JSON.stringify({ version: FILE_VERSION, hosts: [...all].slice(0, HOSTS_KEPT_MAX) });
    if (this.#written.get(network) === text) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = `${this.#file(network)}.${process.pid}.new`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, this.#file(network));
    this.#written.set(network, text);
  }

  #file(network: string): string {
    return join(this.#folder, `${network}.json`);
  }
}
