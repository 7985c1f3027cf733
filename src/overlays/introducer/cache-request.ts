/** What is asked of a web cache (GWC), version 1 and 2, in the query of a GET; and such a query. Owns no state. */

import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

export interface CacheRequest {
  /** 2 answers lines such as `H|1.2.3.4:6346|60`, 1 bare ones. */
  readonly version: 1 | 2;
  /** In lower case; version 1 knows only Gnutella. */
  readonly net: string;
  readonly ping: boolean;
  /** Wants members, and wants other caches. */
  readonly hosts: boolean;
  readonly caches: boolean;
  /** Tells of a member, by its own word itself. */
  readonly update: boolean;
  /** Null: none, or none that can be dialled. */
  readonly member: Endpoint | null;
  /** An address was given, whatever it is. */
  readonly namesMember: boolean;
  /** Another cache was told of. */
  readonly namesCache: boolean;
}

export const NET_DEFAULT = 'gnutella';
export const NET_CHARS_MAX = 32;
/** More is no question. */
export const QUERY_CHARS_MAX = 2048;
const FIELDS_MAX = 32;

/** Null: it asks nothing that a cache knows. Never throws: the query may be anything. */
export function parseCacheQuery(query: string): CacheRequest | null {
  if (query.length > QUERY_CHARS_MAX) return null;
  const fields = fieldsOf(query);
  const isOn = (name: string): boolean => fields.get(name) === '1';
  const named = fields.get('ip') ?? fields.get('ip1') ?? '';
  const net = (fields.get('net') ?? '').toLowerCase();
  // Version 2 came with `get`, `update` and `net`; some clients say its number in `pv`.
  const version = isOn('get') || isOn('update') || net !== '' || fields.get('pv') === '2' || fields.get('gwcs') === '1' ? 2 : 1;
  const request: CacheRequest = {
    version,
    net: net === '' ? NET_DEFAULT : net.slice(0, NET_CHARS_MAX),
    ping: isOn('ping'),
    hosts: isOn('get') || isOn('hostfile') || isOn('bfile'),
    caches: isOn('get') || isOn('urlfile') || isOn('bfile'),
    update: isOn('update') || named !== '' || fields.has('url') || fields.has('url1'),
    member: dialled(named),
    namesMember: named !== '',
    namesCache: (fields.get('url') ?? fields.get('url1') ?? '') !== '',
  };
  const { ping, hosts, caches, update } = request;
  return ping || hosts || caches || update ? request : null;
}

/** The query of version 2: asks, tells, or both. */
export function formatCacheQuery(net: string, client: string, wish: { readonly get: boolean; readonly member: string | null }): string {
  const fields: [string, string][] = [];
  if (wish.get) fields.push(['get', '1']);
  if (wish.member !== null) fields.push(['update', '1'], ['ip', wish.member]);
  // A client is called by four letters and its version.
  fields.push(['net', net], ['client', client.slice(0, 4).toUpperCase()], ['version', client.slice(4)]);
  return fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** The first of each name counts. */
function fieldsOf(query: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of query.split('&').slice(0, FIELDS_MAX)) {
    const equals = field.indexOf('=');
    const name = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    if (!fields.has(name)) fields.set(name, equals < 0 ? '' : plain(field.slice(equals + 1)));
  }
  return fields;
}

/** Percent signs of plain text undone; what is malformed stays as it is, and then is no address. */
function plain(text: string): string {
  return text.replaceAll('+', ' ').replace(/%([2-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function dialled(text: string): Endpoint | null {
  const endpoint = parseEndpoint(text);
  const port = endpoint === null ? 0 : ((endpoint.at(-2) as number) << 8) | (endpoint.at(-1) as number);
  return port === 0 ? null : endpoint;
}
