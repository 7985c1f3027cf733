/** Opens a socket host whose datagram socket and stream listener have the same port number, as links and trackers take it. Owns nothing. */

import { endpointPort } from '../core/endpoint.ts';
import { SocketHost, type SocketHostOptions } from '../net/socket-host.ts';
import { Failure, failureFrom } from './failure.ts';

/** A pair is looked for this often; each part skips taken ports by itself. */
const PAIRS_MAX = 16;

/** `others`: what else the host shall be like. Rejects with a Failure. */
export async function openOnOnePort(address: string, wantedPort: number, others: SocketHostOptions = {}): Promise<SocketHost> {
  let wanted = wantedPort;
  for (let tries = 0; tries < PAIRS_MAX; tries++) {
    const host = new SocketHost({ ...others, address, streamPort: wanted, datagramPort: wanted });
    await host.open().catch((error: unknown) => {
      throw failureFrom(error, `Port ${wanted} on ${address} cannot be opened.`);
    });
    const { stream, datagram } = host.self;
    const [streamPort, datagramPort] = [stream, datagram].map((endpoint) => (endpoint === null ? 0 : endpointPort(endpoint)));
    if (streamPort === datagramPort) return host;
    await host.close();
    // The stream part was free at one, the datagram part at the other: a pair may be free at the larger of both.
    wanted = Math.max(streamPort as number, datagramPort as number);
    if (wantedPort === 0) wanted = streamPort as number;
  }
  throw new Failure(
    'failed',
    `No free port was found from ${wantedPort} on.`,
    'All that were tried are taken.',
    'Name another one with --port.',
  );
}
