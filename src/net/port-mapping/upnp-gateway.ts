/**
 * A router that maps ports by UPnP (WANIPConnection:1 and :2, WANPPPConnection:1): what those three have in common, since of the first kind
 * there are the most. Owns what is known of it and the requests under way.
 */

import { isIPv4 } from 'node:net';
import { boundedRequest } from './bounded-request.ts';
import { type Gateway, GatewayRefusal, type Grant, type MapRequest, type Route } from './gateway.ts';
import { findLocations } from './upnp-search.ts';
import { actionResult, actionText, type MappingService, mappingServices, type UpnpFault } from './upnp-xml.ts';

/** Shown in the router's pages. */
const DESCRIPTION = 'kith';
/** UPnP error codes (WANIPConnection:2 §2.5). */
const Fault = { invalidArguments: 402, noSuchEntry: 714, conflict: 718, otherMechanism: 729, permanentOnly: 725 } as const;

type Fields = Readonly<Record<string, string | number>>;

export class UpnpGateway implements Gateway {
  readonly protocol = 'UPnP';
  private readonly route: Route;
  private readonly service: MappingService;
  private readonly closing = new AbortController();
  private externalAddress: string | null = null;
  private last: Promise<unknown> = Promise.resolve();
  /** The router knows mappings without an end alone; ours end when we do. */
  private permanentOnly = false;

  /** Rejects with a GatewayRefusal when the router does not speak it. */
  static async open(route: Route, ssdpPort: number, signal: AbortSignal): Promise<UpnpGateway> {
    let why = new GatewayRefusal('the router does not answer');
    for (const location of await findLocations(route, ssdpPort, signal)) {
      try {
        const { status, text } = await boundedRequest(location, { method: 'GET', localAddress: route.localAddress, signal });
        if (status !== 200) throw new GatewayRefusal(`its description answers with status ${status}`);
        return await UpnpGateway.withAddress(route, mappingServices(text, location), signal);
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error;
        why = error;
      }
    }
    throw why;
  }

  /** The first service that is connected; of several the others are lines that are not in use. */
  private static async withAddress(route: Route, services: readonly MappingService[], signal: AbortSignal): Promise<UpnpGateway> {
    const gateways = services.map((service) => new UpnpGateway(route, service));
    for (const gateway of gateways) if (await gateway.learnAddress(signal).catch(() => false)) return gateway;
    return gateways[0] as UpnpGateway; // There is at least one service.
  }

  private constructor(route: Route, service: MappingService) {
    this.route = route;
    this.service = service;
  }

  async map(request: MapRequest): Promise<Grant> {
    const { externalPort, internalPort, transport } = request;
    const lifetimeSeconds = this.permanentOnly ? 0 : request.lifetimeSeconds;
    const fault = await this.act('AddPortMapping', {
      ...entryOf(request),
      NewInternalPort: internalPort,
      NewInternalClient: this.route.localAddress,
      NewEnabled: 1,
      NewPortMappingDescription: `${DESCRIPTION} ${transport}`,
      NewLeaseDuration: lifetimeSeconds,
    });
    if (typeof fault === 'function') {
      return {
        externalPort,
        lifetimeSeconds: this.permanentOnly ? Number.POSITIVE_INFINITY : lifetimeSeconds,
        externalAddress: this.externalAddress,
      };
    }
    const { code } = fault;
    // Some that know no lifetimes call ours an invalid argument.
    if (!this.permanentOnly && (code === Fault.permanentOnly || code === Fault.invalidArguments)) {
      this.permanentOnly = true;
      return this.map(request);
    }
    throw new GatewayRefusal(wordsOf(fault), code === Fault.conflict || code === Fault.otherMechanism);
  }

  async unmap(request: MapRequest): Promise<void> {
    const fault = await this.act('DeletePortMapping', entryOf(request));
    if (typeof fault !== 'function' && fault.code !== Fault.noSuchEntry) throw new GatewayRefusal(wordsOf(fault));
  }

  async hasForgotten(known: MapRequest | null): Promise<boolean> {
    const before = this.externalAddress;
    await this.learnAddress();
    // Whoever was told the old address has to be told again.
    if (this.externalAddress !== before) return true;
    if (known === null) return false;
    const entry = await this.act('GetSpecificPortMappingEntry', entryOf(known));
    if (typeof entry !== 'function') return entry.code === Fault.noSuchEntry;
    return entry('NewInternalClient') !== this.route.localAddress;
  }

  close(): void {
    this.closing.abort();
  }

  /** True when it has one. */
  private async learnAddress(signal?: AbortSignal): Promise<boolean> {
    const result = await this.act('GetExternalIPAddress', {}, signal);
    const text = typeof result === 'function' ? result('NewExternalIPAddress') : '';
    this.externalAddress = isIPv4(text) && text !== '0.0.0.0' ? text : null;
    return this.externalAddress !== null;
  }

  /** One after the other: a mapping that is being asked for must not come after its end. */
  private act(action: string, fields: Fields, signal: AbortSignal = this.closing.signal): Promise<ReturnType<typeof actionResult>> {
    const turn = this.last.then(() => this.actNow(action, fields, signal));
    this.last = turn.catch(() => {});
    return turn;
  }

  private async actNow(action: string, fields: Fields, signal: AbortSignal): Promise<ReturnType<typeof actionResult>> {
    const { type, controlUrl } = this.service;
    const { status, text } = await boundedRequest(controlUrl, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${type}#${action}"` },
      body: actionText(type, action, fields),
      localAddress: this.route.localAddress,
      signal,
    });
    // A refused action comes with status 500 (UDA 2.0 §3.2.2).
    if (status !== 200 && status !== 500) throw new GatewayRefusal(`it answers with status ${status}`);
    return actionResult(text, action);
  }
}

function entryOf({ transport, externalPort }: MapRequest): Fields {
  return { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: transport.toUpperCase() };
}

function wordsOf({ code, description }: UpnpFault): string {
  return description === '' ? `it answers with error ${code}` : `it says: ${description} (${code})`;
}
