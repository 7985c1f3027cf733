/**
 * The ports of a session that the router in front of this machine shall pass on, and what came of it. Owns the mapper, if one is wanted; its
 * sources are loaded only then.
 */

import { isIPv4 } from 'node:net';
import type { PortMapper, PortMappingStatus, WantedPort } from '../net/port-mapping/index.ts';

/** By which address and port the world reaches one of our ports. */
export interface OutsidePlace {
  readonly address: string;
  readonly port: number;
}

export class MappedPorts {
  readonly #mapper: PortMapper | null;
  readonly #listeners: ((status: PortMappingStatus) => void)[] = [];
  readonly #why: string;

  /** `why`: why nothing is to be mapped, or empty. `listenHost` is where the ports are. */
  static async open(why: string, listenHost: string): Promise<MappedPorts> {
    if (why !== '') return new MappedPorts(null, why, '');
    return new MappedPorts(await import('../net/port-mapping/index.ts'), '', listenHost);
  }

  private constructor(mapping: typeof import('../net/port-mapping/index.ts') | null, why: string, listenHost: string) {
    this.#why = why;
    // Who listens on one address of several is reached by that one alone.
    const source = isIPv4(listenHost) && listenHost !== '0.0.0.0' ? listenHost : null;
    const onChange = (status: PortMappingStatus): void => {
      for (const listener of this.#listeners) listener(status);
    };
    this.#mapper = mapping === null ? null : new mapping.PortMapper({ onChange, findRoute: () => mapping.defaultRoute(source) });
  }

  get status(): PortMappingStatus {
    if (this.#mapper !== null) return this.#mapper.status;
    return { state: 'off', protocol: null, router: null, externalAddress: null, ports: [], failures: [], why: this.#why };
  }

  /** Hears of each change from now on. */
  onChange(listener: (status: PortMappingStatus) => void): void {
    this.#listeners.push(listener);
  }

  /** Hears when all ports have their outcome, and again when one of them changes. */
  onSettled(listener: () => void): void {
    this.onChange(({ ports }) => {
      if (ports.every(({ externalPort, why }) => externalPort !== null || why !== '')) listener();
    });
  }

  add(wanted: WantedPort): void {
    this.#mapper?.add(wanted);
  }

  start(): void {
    this.#mapper?.start();
  }

  /** Where the world reaches the port of that role, as far as the router tells; null when it does not. */
  outside(role: string): OutsidePlace | null {
    const { externalAddress, ports } = this.status;
    const port = ports.find((each) => each.role === role)?.externalPort ?? null;
    return externalAddress === null || port === null ? null : { address: externalAddress, port };
  }

  async close(): Promise<void> {
    await this.#mapper?.close();
  }
}
