/** Where a server says that somebody is, if anybody can be there. Owns no state. */

import { isNowhere, mayName } from '../../../core/address-scope.ts';
import type { Endpoint } from '../../../core/host.ts';
import { ipOfNumber } from '../frames.ts';
import { wholeNumber } from '../shared-entry.ts';

const PORT_MAX = 65_535;
const IP_MAX = 0xffffffff;

/**
 * Null: at that number and port nobody can be, or the server has no business naming him: one outside knows nobody in our own network, and shall not make us
 * knock there.
 */
export function toldEndpoint(ip: string | undefined, port: string | undefined, server: Endpoint | null): Endpoint | null {
  const number = wholeNumber(ip);
  const dataPort = wholeNumber(port);
  if (!(number <= IP_MAX) || !(dataPort > 0 && dataPort <= PORT_MAX)) return null;
  const endpoint = new Uint8Array(6);
  endpoint.set(ipOfNumber(number));
  endpoint[4] = dataPort >> 8;
  endpoint[5] = dataPort & 0xff;
  return isNowhere(endpoint) || (server !== null && !mayName(server, endpoint)) ? null : endpoint;
}
