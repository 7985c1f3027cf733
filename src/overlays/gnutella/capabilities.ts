/** What the headers of a handshake say of a servent. Owns no state. */

import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import type { GreetingHead } from '../../wire/greeting-head.ts';
import { type Guid, guidOfHex } from './guid.ts';

const TRIED_MAX = 30;

export interface Capabilities {
  readonly userAgent: string;
  /** Null: it does not say, as before there were ultrapeers. */
  readonly isUltrapeer: boolean | null;
  readonly ultrapeerNeeded: boolean | null;
  readonly degree: number;
  readonly ttlMax: number;
  readonly isDynamic: boolean;
  /** It takes the same query again when it is to go further. */
  readonly takesProbes: boolean;
  readonly hasRouteTable: boolean;
  readonly hasUltrapeerTable: boolean;
  readonly hasVendorMessages: boolean;
  readonly understandsBye: boolean;
  readonly tellsHorizon: boolean;
  readonly speaksGuess: boolean;
  readonly inflates: boolean;
  readonly deflates: boolean;
  /** Where it can be dialled. */
  readonly listening: Endpoint | null;
  /** Where it sees us. */
  readonly seenAt: string | null;
  readonly servent: Guid | null;
}

/** What is known of a servent that has sent no headers (0.4). */
const DEGREE_DEFAULT = 6;
const TTL_DEFAULT = 7;

export function capabilitiesOf({ headers }: Pick<GreetingHead, 'headers'>): Capabilities {
  const has = (name: string): boolean => headers.has(name);
  const number = (name: string, otherwise: number): number => {
    const value = headers.get(name);
    return value !== undefined && /^\d{1,4}$/.test(value) ? Number(value) : otherwise;
  };
  const truth = (name: string): boolean | null => {
    const value = headers.get(name)?.toLowerCase();
    return value === 'true' ? true : value === 'false' ? false : null;
  };
  const isDeflate = (name: string): boolean => /\bdeflate\b/i.test(headers.get(name) ?? '');
  return {
    userAgent: oneOf(headers.get('user-agent') ?? ''),
    isUltrapeer: truth('x-ultrapeer'),
    ultrapeerNeeded: truth('x-ultrapeer-needed'),
    degree: number('x-degree', has('x-ultrapeer') ? 0 : DEGREE_DEFAULT),
    ttlMax: Math.max(1, number('x-max-ttl', TTL_DEFAULT)),
    isDynamic: has('x-dynamic-querying'),
    takesProbes: has('x-ext-probes'),
    hasRouteTable: has('x-query-routing'),
    hasUltrapeerTable: has('x-ultrapeer-query-routing'),
    hasVendorMessages: has('vendor-message'),
    understandsBye: has('bye-packet'),
    speaksGuess: has('x-guess'),
    tellsHorizon: /\bhsep\b/i.test(headers.get('x-features') ?? ''),
    inflates: isDeflate('accept-encoding'),
    deflates: isDeflate('content-encoding'),
    listening: listeningOf(headers),
    seenAt: headers.get('remote-ip') ?? null,
    servent: guidOfHex(headers.get('guid') ?? ''),
  };
}

/** Hosts that it tells us to try; on a refusal often all that there is. */
export function hostsToTry({ headers }: Pick<GreetingHead, 'headers'>): Endpoint[] {
  const listed = [headers.get('x-try-ultrapeers'), headers.get('x-try')].filter((value) => value !== undefined).join(',');
  const hosts: Endpoint[] = [];
  for (const entry of listed.split(',')) {
    // Some add when they saw it: `1.2.3.4:6346 2003-01-01T00:00Z`.
    const host = parseEndpoint((entry.trim().split(/\s/)[0] as string) || '');
    if (host !== null && hosts.length < TRIED_MAX) hosts.push(host);
  }
  return hosts;
}

/** Of a thousand neighbours most run the same few programs: each name is kept once, and not with the handshake that it was cut out of. */
const USER_AGENTS = new Lru<string, string>(256);
const USER_AGENT_LENGTH_MAX = 100;

function oneOf(userAgent: string): string {
  const text = userAgent.slice(0, USER_AGENT_LENGTH_MAX);
  const known = USER_AGENTS.get(text);
  if (known !== undefined) return known;
  USER_AGENTS.set(text, text);
  return text;
}

function listeningOf(headers: ReadonlyMap<string, string>): Endpoint | null {
  for (const name of ['node', 'listen-ip', 'x-my-address', 'x-node']) {
    const endpoint = parseEndpoint(headers.get(name) ?? '');
    if (endpoint !== null) return endpoint;
  }
  return null;
}
