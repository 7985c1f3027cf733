/**
 * Lets the world in through the router in front of this machine: finds it, asks it by PCP, NAT-PMP or UPnP to pass ports on, renews what it
 * gave at half its lifetime, asks again when it has restarted or when it is another one, and ends all of it at the end. Owns all of that.
 * Nobody waits for it: what comes out is told by `onChange`.
 */

import { randomInt } from 'node:crypto';
import { defaultRoute } from './default-route.ts';
import { type Gateway, type GatewayPorts, GatewayRefusal, type MappingProtocol, type Route } from './gateway.ts';
import { GATEWAY_PORTS, type OpenGateway, OPENERS, PROTOCOLS } from './open-gateway.ts';
import { PortClaim, type WantedPort } from './port-claim.ts';
import { type MappingFailure, type PortMappingStatus, unmapped } from './port-mapping-status.ts';
import { RestartNews } from './restart-news.ts';

/** How often the router is asked whether it still remembers, and the system whether it is still the same router. */
const CHECK_MS = 60_000;
/** After a failure: a router that restarts is back within minutes. */
const RETRY_MS = 5 * 60_000;
/** Checks in a row without an answer, until it is looked for afresh. */
const MISSES_MAX = 3;
/** Ending takes no longer, whatever the router does. */
const CLOSE_MS_MAX = 1_000;

export interface PortMapperOptions {
  readonly onChange: (status: PortMappingStatus) => void;
  /** Asked for each search and check. The system's default route when absent. */
  readonly findRoute?: () => Promise<Route | null>;
  readonly ports?: GatewayPorts;
  /** Those to try, in this order; all when absent. */
  readonly protocols?: readonly MappingProtocol[];
  readonly checkMs?: number;
  readonly retryMs?: number;
  readonly renewMsMin?: number;
}

export class PortMapper {
  private readonly options: PortMapperOptions;
  private readonly findRoute: () => Promise<Route | null>;
  private readonly ports: GatewayPorts;
  private readonly claims: PortClaim[] = [];
  private readonly closing = new AbortController();
  private gateway: Gateway | null = null;
  private told = '';
  private current: PortMappingStatus = unmapped('searching', 'The router has not answered yet.');
  private ended: Promise<void> = Promise.resolve();
  /** Ends the pause under way; what comes while there is none ends the next one. */
  private wake: () => void = () => {};
  private woken = false;

  constructor(options: PortMapperOptions) {
    this.options = options;
    this.findRoute = options.findRoute ?? (() => defaultRoute(null));
    this.ports = options.ports ?? GATEWAY_PORTS;
  }

  get status(): PortMappingStatus {
    return this.current;
  }

  /** One more port that the world shall reach; may be called before `start` and later. */
  add(wanted: WantedPort): void {
    this.claims.push(new PortClaim(wanted, this.options.renewMsMin));
    this.stir();
  }

  start(): void {
    this.ended = this.run();
  }

  /** Ends the mappings, within a second. */
  async close(): Promise<void> {
    if (this.isClosing) return;
    this.closing.abort();
    this.stir();
    const { gateway } = this;
    const endings = gateway === null ? [] : this.claims.map((claim) => claim.unmap(gateway));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS_MAX);
    });
    await Promise.race([Promise.allSettled([...endings, this.ended]), limit]);
    clearTimeout(timer);
    gateway?.close();
    this.current = unmapped('closed', 'The program has stopped.');
  }

  private get isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isClosing) {
      const route = await this.findRoute();
      if (this.isClosing) return;
      if (route === null) this.tell(unmapped('failed', 'This machine has no router for the world outside.'));
      else if (await this.find(route)) {
        await this.keep(route);
        continue;
      }
      await this.pause(this.options.retryMs ?? RETRY_MS);
    }
  }

  /** Tries the protocols in turn; true when one has mapped something, and `gateway` then is who did. */
  private async find(route: Route): Promise<boolean> {
    const failures: MappingFailure[] = [];
    for (const protocol of this.options.protocols ?? PROTOCOLS) {
      const why = await this.tryProtocol(route, OPENERS[protocol]);
      if (this.isClosing) return false;
      if (why === null) return true;
      failures.push({ protocol, why });
    }
    const why = `The router ${route.gateway} maps no port: ${failures.map(({ protocol, why: each }) => `${protocol}: ${each}`).join('; ')}.`;
    this.tell({ ...unmapped('failed', why, route.gateway), failures });
    return false;
  }

  /** Null when it has mapped something, else why not. */
  private async tryProtocol(route: Route, open: OpenGateway): Promise<string | null> {
    let gateway: Gateway | null = null;
    try {
      gateway = await open(route, this.ports, this.closing.signal);
      this.gateway = gateway;
      await this.mapDue(gateway, true);
      // With no port wanted yet, somebody who would map one is enough.
      if (this.claims.length === 0 || this.claims.some(({ transports }) => transports.length > 0)) return null;
      throw new GatewayRefusal(this.claims[0]?.why ?? '');
    } catch (error) {
      if (!(error instanceof GatewayRefusal)) throw error;
      // Whoever closes us needs it still, and closes it.
      if (!this.isClosing) {
        this.gateway = null;
        gateway?.close();
      }
      return error.message;
    }
  }

  /** Renews and checks until the router has gone or is another one. */
  private async keep(route: Route): Promise<void> {
    const gateway = this.gateway as Gateway; // `find` has just found it.
    // Its clock need not show it: a router that had just started may have started again.
    let heardNews = false;
    const onNews = (): void => {
      heardNews = true;
      this.stir();
    };
    const news = this.ports.news === null ? null : new RestartNews(this.ports.news, route, onNews);
    this.report(gateway, route);
    for (let misses = 0; !this.isClosing && misses < MISSES_MAX; ) {
      await this.pause(this.msToNext());
      if (this.isClosing || !(await this.isSame(route))) break;
      try {
        const forgotten = await gateway.hasForgotten(this.claims.find(({ known }) => known !== null)?.known ?? null);
        const all = forgotten || heardNews;
        heardNews = false;
        if (!this.isClosing) await this.mapDue(gateway, all);
        misses = 0;
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error;
        misses++;
      }
      if (!this.isClosing) this.report(gateway, route);
    }
    news?.close();
    if (this.isClosing) return;
    this.gateway = null;
    gateway.close();
    for (const claim of this.claims) claim.lose('the router has gone');
    this.tell(unmapped('searching', `The router ${route.gateway} no longer answers.`, route.gateway));
  }

  private async isSame({ gateway, localAddress }: Route): Promise<boolean> {
    const now = await this.findRoute();
    return now !== null && now.gateway === gateway && now.localAddress === localAddress;
  }

  /** Maps what is due; `all`: everything is. */
  private async mapDue(gateway: Gateway, all: boolean): Promise<void> {
    for (const claim of [...this.claims]) {
      if (this.isClosing) return;
      const now = performance.now();
      if (!all && claim.renewAtMs > now && claim.transports.length > 0) continue;
      // What the router refuses stands in the claim; the next check tries again.
      await claim.map(gateway, now, randomInt).catch((error: unknown) => {
        if (!(error instanceof GatewayRefusal)) throw error;
      });
    }
  }

  private msToNext(): number {
    const checkMs = this.options.checkMs ?? CHECK_MS;
    const now = performance.now();
    const due = this.claims.filter(({ transports }) => transports.length > 0).map(({ renewAtMs }) => renewAtMs - now);
    return Math.max(0, Math.min(checkMs, ...due));
  }

  private report(gateway: Gateway, { gateway: router }: Route): void {
    const ports = this.claims.map(({ wanted: { role, port }, externalPort, transports, why }) => {
      return { role, port, externalPort: transports.length === 0 ? null : externalPort, transports, why };
    });
    const mapped = this.claims.find(({ transports }) => transports.length > 0);
    const why = mapped === undefined ? `The router ${router} maps no port: ${this.claims[0]?.why ?? 'none is wanted'}.` : '';
    const externalAddress = mapped?.externalAddress ?? null;
    const state = mapped === undefined ? 'failed' : 'mapped';
    this.tell({ state, protocol: gateway.protocol, router, externalAddress, ports, failures: [], why });
  }

  /** Tells what has changed, and nothing twice. */
  private tell(status: PortMappingStatus): void {
    this.current = status;
    const text = JSON.stringify(status);
    if (text === this.told) return;
    this.told = text;
    this.options.onChange(status);
  }

  private stir(): void {
    this.woken = true;
    this.wake();
  }

  private async pause(ms: number): Promise<void> {
    if (!this.woken) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        // A process that has nothing else to do need not stay for this.
        timer = setTimeout(resolve, ms).unref();
      });
      clearTimeout(timer);
    }
    this.woken = false;
  }
}
