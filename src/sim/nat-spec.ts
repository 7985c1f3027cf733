/**
 * What kind of address translator (NAT) a node is behind, as plain data, in the terms of RFC 4787 (UDP) and 5382 (TCP). Owns no state;
 * `docs/simulator.md` says what each kind does.
 */

/** Whom a mapping is for, and whom it lets in: anybody, that address, that address and port (RFC 4787, sections 4.1 and 5). */
export type NatDependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

export interface NatBehaviour {
  readonly mapping: NatDependence;
  readonly filtering: NatDependence;
}

/** The names of RFC 3489. */
export const NAT_KINDS = {
  'full-cone': { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
  restricted: { mapping: 'endpoint-independent', filtering: 'address-dependent' },
  'port-restricted': { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
  symmetric: { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' },
} as const satisfies Readonly<Record<string, NatBehaviour>>;
export type NatKind = keyof typeof NAT_KINDS;

/** Which outer port a new mapping gets: the next of a sequence, any by chance, or the inner one, and if that is taken the next of the sequence. */
export const NAT_PORTS = ['preserving', 'sequential', 'random'] as const;
export type NatPorts = (typeof NAT_PORTS)[number];

export interface NatSpec {
  readonly kind: NatKind;
  /** Nodes that name the same site share one box, which is what its first node says; without a name a node has a box of its own. */
  readonly site?: string;
  /** The box that this one is behind, as with a provider that has too few addresses (CGN). None: its outer address is public. */
  readonly behind?: NatSpec;
  /** `preserving` when absent. */
  readonly ports?: NatPorts;
  /** Whether two behind the box reach each other by its outer address (RFC 4787 REQ-9); not when absent. */
  readonly hairpin?: boolean;
  /** How long a mapping lives that nothing has come back through, 30 s when absent, and one with traffic both ways, 120 s: as Linux has it. */
  readonly udpUnansweredMs?: number;
  readonly udpMs?: number;
  /** The same for streams: until it is answered, 4 min, and idle, 124 min (RFC 5382 REQ-5). */
  readonly tcpUnansweredMs?: number;
  readonly tcpMs?: number;
}

export const NAT_DEFAULTS = {
  ports: 'preserving',
  hairpin: false,
  udpUnansweredMs: 30_000,
  udpMs: 120_000,
  tcpUnansweredMs: 240_000,
  tcpMs: 7_440_000,
} as const satisfies Partial<NatSpec>;
