/** Opens a host for an overlay and makes a member or a client on it: which address it is known by, and through whom it comes. Owns nothing. */

import { endpointIp, endpointOf, endpointPort, isLoopback } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { SocketHost } from '../net/socket-host.ts';
import { Failure, failureFrom } from './failure.ts';
import type { MemberOptions, OverlayClient, OverlayMaker, OverlayNode } from './overlay.ts';
import { resolvePeer } from './peer-address.ts';

export interface MemberPlace {
  /** The address to listen on. A wildcard needs an address to announce, unless the maker listens on all. */
  readonly listenHost: string;
  /** 0 for any; when it is taken, the next free one. */
  readonly port: number;
  /** The address or name that others come to; empty: the one listened on. */
  readonly announceHost: string;
  /** Members as people write them, `host:port`. */
  readonly through: readonly string[];
}

/** Rejects with a Failure. */
export async function openMember(
  maker: OverlayMaker,
  place: MemberPlace,
  options: Omit<MemberOptions, 'endpoint' | 'entries'>,
): Promise<OverlayNode> {
  const entries = await resolveEntries(place.through);
  const host = await openHost(place.listenHost, place.port);
  try {
    const bound = host.self.datagram as Endpoint;
    const endpoint = place.announceHost === '' ? bound : await announced(place.announceHost, endpointPort(bound));
    checkReach(endpoint, bound, maker.listensOnAll && !isLoopback(endpoint) ? [] : entries);
    return maker.member(host, { ...options, endpoint, entries });
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** Rejects with a Failure. */
export async function openClient(maker: OverlayMaker, through: readonly string[], replicas: number): Promise<OverlayClient> {
  const entries = await resolveEntries(through);
  const host = await openHost(clientAddress(entries.map(endpointIp)), 0);
  try {
    return maker.client(host, { entries, replicas });
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** Only answers come to a client; but from loopback, or with one family alone, nobody else can be asked. */
function clientAddress(ips: readonly string[]): string {
  const families = new Set(ips.map((ip) => (ip.includes(':') ? '::' : '0.0.0.0')));
  const [first] = ips as [string];
  if (ips.every((ip) => ip === first) && isLoopback(endpointOf(first, 0) as Endpoint)) return first;
  return families.size > 1 ? '::' : ([...families][0] as string);
}

async function openHost(address: string, port: number): Promise<SocketHost> {
  const host = new SocketHost({ address, streamPort: null, datagramPort: port });
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `UDP port ${port} on ${address} cannot be opened.`);
  });
  return host;
}

function resolveEntries(through: readonly string[]): Promise<Endpoint[]> {
  return Promise.all(through.map(resolveEntry));
}

async function resolveEntry(text: string): Promise<Endpoint> {
  const endpoint = await resolvePeer(text);
  if (endpoint === null) {
    throw new Failure('unreachable', `${text} is not known.`, 'The name could not be looked up.', 'Check its spelling, and your network.');
  }
  if (endpointPort(endpoint) !== 0) return endpoint;
  throw new Failure('usage', `${text} is no address of a node.`, 'Nobody has port 0.', 'Name the port that the node has printed.');
}

async function announced(hostName: string, port: number): Promise<Endpoint> {
  const endpoint = endpointOf(hostName, port) ?? (await resolvePeer(`${hostName}:${port}`));
  if (endpoint !== null) return endpoint;
  throw new Failure('usage', `The host ${hostName} is not known.`, 'Others would not find this node under it.', 'Correct --host.');
}

/**
 * Members pass on one another's addresses as they are, and 127.0.0.1 means another machine to everybody who hears it: a ring is either
 * for one machine, or for all. `bound`: where the node listens; `entries`: whom it comes through.
 */
function checkReach(own: Endpoint, bound: Endpoint, entries: readonly Endpoint[]): void {
  const beyond = entries.find((entry) => isLoopback(entry) !== isLoopback(own));
  const here = endpointIp(own);
  if (isLoopback(bound) && !isLoopback(own)) {
    throw new Failure(
      'usage',
      `Nobody could reach this node at ${here}.`,
      'It listens on loopback, for this machine alone.',
      'Add --public.',
    );
  }
  if (beyond === undefined) return;
  const there = endpointIp(beyond);
  throw isLoopback(own)
    ? new Failure(
        'usage',
        `Nobody at ${there} could reach this node.`,
        `It listens on ${here}, for this machine alone.`,
        'Add --public, or --listen with the address of this machine that they reach.',
      )
    : new Failure(
        'usage',
        `The node at ${there} is for its machine alone.`,
        `Whoever came by ${here} would be sent to ${there}, which is another machine to everybody.`,
        'Start that one with --public as well, and name the address that it prints.',
      );
}
