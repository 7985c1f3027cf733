/**
 * Where the router describes itself (SSDP): asked of all in its network, and of it alone, since not every network carries multicast. Only its
 * own answers count, and only addresses at itself: nobody in the network sends us elsewhere. Owns the socket while it looks.
 */

import { createSocket, type RemoteInfo } from 'node:dgram';
import { MalformedMessage } from '../../core/codec.ts';
import { SSDP_GROUP, ssdpAnswer, ssdpSearch } from '../../wire/ssdp.ts';
import { GatewayRefusal, type Route } from './gateway.ts';

const TARGETS = [1, 2].map((version) => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`);
/** Within which devices answer, by what we ask; then some for the way. */
const WAIT_SECONDS = 1;
const SEARCH_MS = 2_500;
/** Datagrams get lost: the question goes out again. */
const ASK_AGAIN_MS = 700;
/** After the first answer: what else the router says. */
const MORE_MS = 150;
/** Locations of one router that are tried, and datagrams that are looked at. */
const LOCATIONS_MAX = 4;
const ANSWERS_MAX = 200;
/** UDA 2.0 §1.3.2. */
const HOPS = 2;

/** At least one; rejects with a GatewayRefusal. */
export function findLocations(route: Route, port: number, signal: AbortSignal): Promise<URL[]> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: false });
    const found = new Map<string, URL>();
    const timers: NodeJS.Timeout[] = [];
    let answers = 0;
    let finished = false;
    const finish = (why: string): void => {
      if (finished) return;
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('message').close();
      if (found.size === 0) reject(new GatewayRefusal(why));
      else resolve([...found.values()]);
    };
    const onAbort = (): void => finish('it was given up');
    const ask = (): void => {
      for (const target of TARGETS) {
        for (const host of [SSDP_GROUP, route.gateway]) {
          // What does not leave is a network without multicast; the errors of a datagram go nowhere else.
          socket.send(ssdpSearch(target, `${host}:${port}`, WAIT_SECONDS), port, host, () => {});
        }
      }
    };
    socket.on('error', (error) => finish(error.message));
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      if (++answers > ANSWERS_MAX) return finish('the network answers too much');
      if (from.address !== route.gateway) return;
      const location = locationOf(bytes, route.gateway);
      if (location === null || found.size === LOCATIONS_MAX) return;
      if (found.size === 0) timers.push(setTimeout(() => finish(''), MORE_MS));
      found.set(location.href, location);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    socket.bind({ address: route.localAddress, port: 0 }, () => {
      try {
        socket.setMulticastTTL(HOPS);
        socket.setMulticastInterface(route.localAddress);
      } catch {
        // No multicast here; the router itself is asked all the same.
      }
      ask();
      timers.push(setTimeout(ask, ASK_AGAIN_MS));
      timers.push(setTimeout(() => finish('the router does not answer'), SEARCH_MS));
    });
  });
}

function locationOf(bytes: Uint8Array, gateway: string): URL | null {
  try {
    return urlAt(ssdpAnswer.decode(bytes, 0, bytes.length).location, undefined, gateway);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return null;
  }
}

/** The URL when it is plain HTTP at the router itself, else null. */
export function urlAt(text: string, base: URL | undefined, gateway: string): URL | null {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null;
  if (url === null || url.protocol !== 'http:' || url.hostname !== gateway || url.username !== '' || url.password !== '') return null;
  return url;
}
