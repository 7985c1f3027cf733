/** One port that the world shall reach, for all its transports under one number. Owns what the router gave, and until when. */

import { type Gateway, GatewayRefusal, type Grant, type MappedTransport, type MapRequest } from './gateway.ts';

export interface WantedPort {
  /** What it is for, for people and programs: `peers`, `tracker`, `web`. */
  readonly role: string;
  readonly port: number;
  /** The most important first: when they cannot all have one number, that one stays. */
  readonly transports: readonly MappedTransport[];
}

/** What is asked for, and renewed at half of what was given. */
export const LIFETIME_SECONDS = 3600;
/** Not sooner, however little a router gives. */
export const RENEW_MS_MIN = 30_000;
/** A router may say centuries; timers end at 24 days. */
const RENEW_MS_MAX = 24 * 3_600_000;
/** Other numbers that are tried when one is taken, or taken for one transport. */
const NUMBERS_MAX = 4;
/** From here on up nobody has a claim of his own. */
const FREE_PORT_MIN = 10_000;

export class PortClaim {
  readonly wanted: WantedPort;
  /** By which number the world reaches it; null while it does not. */
  externalPort: number | null = null;
  externalAddress: string | null = null;
  /** Those of `wanted` that the router passes on. */
  transports: readonly MappedTransport[] = [];
  renewAtMs = Number.NEGATIVE_INFINITY;
  /** Why it is not mapped. */
  why = '';
  /** Asked for and not ended: by transport, also while no answer has come. */
  private readonly asked = new Map<MappedTransport, MapRequest>();

  private readonly renewMsMin: number;

  constructor(wanted: WantedPort, renewMsMin = RENEW_MS_MIN) {
    this.wanted = wanted;
    this.renewMsMin = renewMsMin;
  }

  /** A mapping of it that the router has given, or null. */
  get known(): MapRequest | null {
    const [first] = this.transports;
    return first === undefined ? null : (this.asked.get(first) ?? null);
  }

  /** Maps it, or renews it. Rejects with a GatewayRefusal when it is not mapped at all. `now` in ms; `randomPort` gives another number. */
  async map(gateway: Gateway, now: number, randomBelow: (bound: number) => number): Promise<void> {
    let number = this.externalPort ?? this.wanted.port;
    for (let tries = 1; ; tries++) {
      try {
        const grants = await this.mapAs(gateway, number, tries === NUMBERS_MAX);
        if (grants !== null) return this.take(grants, now);
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error;
        if (!error.isTaken || tries === NUMBERS_MAX) {
          this.lose(error.message);
          throw error;
        }
      }
      number = FREE_PORT_MIN + randomBelow(65_536 - FREE_PORT_MIN);
    }
  }

  /** Nothing is known of what the router had. */
  lose(why: string): void {
    this.transports = [];
    this.why = why;
  }

  /** Ends what was asked for; rejects when the router does not answer. */
  async unmap(gateway: Gateway): Promise<void> {
    const requests = [...this.asked.values()];
    this.asked.clear();
    this.lose('it was ended');
    await Promise.all(requests.map((request) => gateway.unmap(request)));
  }

  /** All transports under one number, or null when the router gives them different ones; `asItComes`: then the first alone. */
  private async mapAs(gateway: Gateway, number: number, asItComes: boolean): Promise<Map<MappedTransport, Grant> | null> {
    const grants = new Map<MappedTransport, Grant>();
    let common: number | null = null;
    for (const transport of this.wanted.transports) {
      const grant: Grant | GatewayRefusal = await this.ask(gateway, transport, common ?? number).catch((error: unknown) => {
        // What one transport has got is kept when the router refuses the other for good.
        if (error instanceof GatewayRefusal && grants.size > 0) return error;
        throw error;
      });
      if (grant instanceof GatewayRefusal) {
        if (asItComes || !grant.isTaken) continue;
      } else {
        common ??= grant.externalPort;
        if (grant.externalPort === common) {
          grants.set(transport, grant);
          continue;
        }
        await this.end(gateway, transport);
        if (asItComes) continue;
      }
      for (const other of grants.keys()) await this.end(gateway, other);
      return null;
    }
    return grants;
  }

  private async ask(gateway: Gateway, transport: MappedTransport, externalPort: number): Promise<Grant> {
    const request: MapRequest = { transport, internalPort: this.wanted.port, externalPort, lifetimeSeconds: LIFETIME_SECONDS };
    this.asked.set(transport, request);
    try {
      const grant = await gateway.map(request);
      this.asked.set(transport, { ...request, externalPort: grant.externalPort });
      return grant;
    } catch (error) {
      // What is another one's is not ours to end. Of an answer that has not come nobody knows: that may be.
      if (error instanceof GatewayRefusal && error.isTaken) this.asked.delete(transport);
      throw error;
    }
  }

  private async end(gateway: Gateway, transport: MappedTransport): Promise<void> {
    const request = this.asked.get(transport);
    this.asked.delete(transport);
    // It ends by itself too, within its lifetime.
    if (request !== undefined) await gateway.unmap(request).catch(() => {});
  }

  private take(grants: ReadonlyMap<MappedTransport, Grant>, now: number): void {
    const all = [...grants.values()];
    const halfMs = Math.min(...all.map(({ lifetimeSeconds }) => lifetimeSeconds)) * 500;
    this.renewAtMs = now + Math.min(Math.max(halfMs, this.renewMsMin), RENEW_MS_MAX);
    this.transports = [...grants.keys()];
    this.externalPort = all[0]?.externalPort ?? null;
    this.externalAddress = all[0]?.externalAddress ?? null;
    this.why = '';
  }
}
