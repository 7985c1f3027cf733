/**
 * Other holders of the same file, as Gnutella's uploaders and downloaders tell each other: `X-Alt` (they have it), `X-NAlt` (they do not any more) and
 * `X-Falt` (they have it, and have to be asked to dial). Owns no state; `AlternateBook` keeps them.
 */

import { endpointPort, formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { bytesOfHex } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import { parseHttpUrl } from '../../wire/http-url.ts';

/** Taken from one head. */
export const ALTERNATES_MAX = 32;
const DEFAULT_PORT = 6346;
const GUID_CHARS = 32;

/** One who cannot be dialled, and those who pass on to him that he shall dial. */
export interface FirewalledAlternate {
  readonly guid: Uint8Array;
  readonly proxies: readonly Endpoint[];
}

export interface Alternates {
  readonly has: readonly Endpoint[];
  readonly hasNot: readonly Endpoint[];
  readonly firewalled: readonly FirewalledAlternate[];
}

/** What a head tells of others. What makes no sense is left out. */
export function alternatesOf(headers: HttpHeaders): Alternates {
  const old = [headers.get('x-gnutella-alternate-location') ?? '', headers.get('alt-location') ?? ''];
  return {
    has: endpointsOf([headers.get('x-alt') ?? '', ...old].join(',')),
    hasNot: endpointsOf(headers.get('x-nalt') ?? ''),
    firewalled: firewalledOf(headers.get('x-falt') ?? ''),
  };
}

export function formatAlternates(endpoints: Iterable<Endpoint>): string {
  return Array.from(endpoints, (endpoint) =>
    endpointPort(endpoint) === DEFAULT_PORT ? formatEndpoint(endpoint).replace(/:\d+$/, '') : formatEndpoint(endpoint),
  ).join(',');
}

/** `1.2.3.4:6347`, `1.2.3.4` with the usual port, or the URL of old; behind it a time may stand. `tls=` and the like are skipped. */
function endpointsOf(list: string): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const item of list.split(',')) {
    if (found.size === ALTERNATES_MAX) break;
    const endpoint = endpointOfText(item.trim().split(/\s/, 1)[0] ?? '');
    if (endpoint !== null && endpointPort(endpoint) > 0) found.set(formatEndpoint(endpoint), endpoint);
  }
  return [...found.values()];
}

function endpointOfText(text: string): Endpoint | null {
  const url = parseHttpUrl(text);
  if (url !== null) return parseEndpoint(`${url.hostname.includes(':') ? `[${url.hostname}]` : url.hostname}:${url.port}`);
  return parseEndpoint(text) ?? parseEndpoint(`${text}:${DEFAULT_PORT}`);
}

/** `<GUID in hex>;fwt/1;ip:port;ip:port, …`: words that are neither are skipped. */
function firewalledOf(list: string): FirewalledAlternate[] {
  const found: FirewalledAlternate[] = [];
  for (const item of list.split(',', ALTERNATES_MAX)) {
    const [first = '', ...rest] = item.split(';').map((word) => word.trim());
    const guid = first.length === GUID_CHARS ? bytesOfHex(first) : null;
    if (guid === null) continue;
    found.push({ guid, proxies: rest.flatMap((word) => parseEndpoint(word) ?? []).slice(0, ALTERNATES_MAX) });
  }
  return found;
}
