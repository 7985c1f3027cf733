/**
 * Other holders of the same file, as Gnutella's uploaders and downloaders tell each other: `X-Alt` (they have it), `X-NAlt` (they do not any more) and
 * `X-Falt` (they have it, and have to be asked to dial). Owns no state; `AlternateBook` keeps them.
 */

import { endpointPort, formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { bytesOfBase32 } from '../../core/base32.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import { parseHttpUrl } from '../../wire/http-url.ts';

/** Taken from one head. */
export const ALTERNATES_MAX = 32;
const DEFAULT_PORT = 6346;
const GUID_CHARS = 32;
/** The same in base 32, as the first document of them has it. */
const GUID_CHARS_BASE32 = 26;
/** Who passes pushes on to one of them; so many are enough. */
const PROXIES_MAX = 4;
/** What heads of those say who want to hear of them. */
const FIREWALLED_FEATURE = /(?:^|[,\s])fwalt\/\d/i;

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
    firewalled: firewalledOf([headers.get('x-falt') ?? '', headers.get('x-alt') ?? ''].join(',')),
  };
}

export function formatAlternates(endpoints: Iterable<Endpoint>): string {
  return Array.from(endpoints, (endpoint) =>
    endpointPort(endpoint) === DEFAULT_PORT ? formatEndpoint(endpoint).replace(/:\d+$/, '') : formatEndpoint(endpoint),
  ).join(',');
}

/** `<GUID in hex>;ip:port;ip:port, …`. */
export function formatFirewalled(alternates: Iterable<FirewalledAlternate>): string {
  const proxiesOf = (proxies: readonly Endpoint[]): string => proxies.slice(0, PROXIES_MAX).map(formatEndpoint).join(';');
  return Array.from(alternates, ({ guid, proxies }) => `${hexOf(guid).toUpperCase()};${proxiesOf(proxies)}`).join(',');
}

export function wantsFirewalled(headers: HttpHeaders): boolean {
  return FIREWALLED_FEATURE.test(headers.get('x-features') ?? '');
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

/** `<GUID in hex>;fwt/1;ip:port;ip:port, …`: words that are neither are skipped, and so is who has no proxy. */
function firewalledOf(list: string): FirewalledAlternate[] {
  const found = new Map<string, FirewalledAlternate>();
  for (const item of list.split(',')) {
    if (found.size === ALTERNATES_MAX) break;
    const [first = '', ...rest] = item.split(';').map((word) => word.trim());
    const guid = guidOfText(first);
    const proxies = rest.flatMap((word) => endpointOfText(word) ?? []).filter((proxy) => endpointPort(proxy) > 0);
    if (guid !== null && proxies.length > 0) found.set(hexOf(guid), { guid, proxies: proxies.slice(0, PROXIES_MAX) });
  }
  return [...found.values()];
}

function guidOfText(text: string): Uint8Array | null {
  if (text.length === GUID_CHARS) return bytesOfHex(text);
  return text.length === GUID_CHARS_BASE32 ? bytesOfBase32(text) : null;
}
