/** Addresses of peers as people write them, `host:port`, made endpoints; names are looked up. Owns no state. */

import { lookup } from 'node:dns/promises';
import { endpointOf, parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { Failure } from './failure.ts';

/** The endpoint, or null when the name is unknown. Throws a usage Failure when the text is no address at all. */
export async function resolvePeer(text: string): Promise<Endpoint | null> {
  const literal = parseEndpoint(text);
  if (literal !== null) return literal;
  const [, host, port] = /^([\w.-]{1,253}):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65535 || /^[\d.]+$/.test(host)) {
    throw new Failure('usage', `${text} is no address of a peer.`, '', 'Write it like 192.168.1.5:6881 or [2001:db8::1]:6881.');
  }
  const found = await lookup(host).catch(() => null);
  return found === null ? null : endpointOf(found.address, Number(port));
}
