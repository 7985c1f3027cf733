/** Addresses of peers as people write them, `host:port`, made endpoints; names are looked up. Owns no state. */

import { lookup } from 'node:dns/promises';
import { endpointOf, parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { Failure } from './failure.ts';

/**
 * The endpoint, or null when the name is unknown. Throws a usage Failure when the text is no address at all, or a name where `looksUp` says that we look none up: the question
 * would go around the proxy.
 */
export async function resolvePeer(text: string, looksUp = true): Promise<Endpoint | null> {
  const literal = parseEndpoint(text);
  if (literal !== null) return literal;
  const [, host, port] = /^([\w.-]{1,253}):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65535 || /^[\d.]+$/.test(host)) {
    throw new Failure('usage', `${text} is no address of a peer.`, '', 'Write it like 192.168.1.5:6881 or [2001:db8::1]:6881.');
  }
  if (!looksUp) throw new Failure('usage', `${text} is a name.`, 'Behind a proxy no name is looked up here.', 'Write the IP address.');
  const found = await lookup(host).catch(() => null);
  return found === null ? null : endpointOf(found.address, Number(port));
}
