/** What a router that maps ports can do, whatever protocol it speaks; each implementation is one file beside this one. */

export type MappedTransport = 'tcp' | 'udp';
export type MappingProtocol = 'PCP' | 'NAT-PMP' | 'UPnP';

/** The wish: packets that reach the router's `externalPort` shall come to our `internalPort`. */
export interface MapRequest {
  readonly transport: MappedTransport;
  readonly internalPort: number;
  /** Wanted; the router may give another one. */
  readonly externalPort: number;
  readonly lifetimeSeconds: number;
}

export interface Grant {
  readonly externalPort: number;
  /** How long it lasts; Infinity where the router knows no end. */
  readonly lifetimeSeconds: number;
  /** The router's address on its other side, as text; null when it does not tell. */
  readonly externalAddress: string | null;
}

export interface Gateway {
  readonly protocol: MappingProtocol;
  /** Rejects with a GatewayRefusal, `isTaken` when another port may be had. A mapping that is there already is renewed. */
  map(request: MapRequest): Promise<Grant>;
  /** Ends a mapping of ours; does nothing where there is none. */
  unmap(request: MapRequest): Promise<void>;
  /** A sign of life. True: the router has restarted since, and has forgotten `known`. Rejects with a GatewayRefusal when it is gone. */
  hasForgotten(known: MapRequest | null): Promise<boolean>;
  close(): void;
}

/** The router, and the way to it. */
export interface Route {
  /** The router's address. */
  readonly gateway: string;
  /** The address of ours that it sees. */
  readonly localAddress: string;
}

/** Where the services of a router are found; tests have theirs elsewhere. */
export interface GatewayPorts {
  readonly control: number;
  /** Where it tells all of its network that it has restarted; null hears nothing. */
  readonly news: number | null;
  readonly ssdp: number;
}

/** The router did not do it: it said no, said nothing, or said what cannot be meant. The message is for people. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  /** The external port is another one's; there may be others. */
  readonly isTaken: boolean;

  constructor(message: string, isTaken = false) {
    super(message);
    this.isTaken = isTaken;
  }
}
