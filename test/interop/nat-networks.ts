/**
 * Networks with NATs of the Linux kernel: one public network, in which there are a tracker and a third peer, and homes behind routers. The
 * kinds are those of the simulator, as far as iptables has them. Needs root, iproute2 and iptables.
 */

import type { TestContext } from 'node:test';
import { connect, type NetNamespace, NetNamespaces } from './net-namespaces.ts';

/** Of the documentation's addresses (RFC 5737), which kith takes for public ones. */
const PUBLIC = '203.0.113';
/** Where the tracker and the third peer are. */
export const MEETING_PLACE = `${PUBLIC}.100`;
/** Where every client listens. */
export const CLIENT_PORT = 6881;
/** What a NAT that shifts makes of it. */
const SHIFTED_PORT = 26_881;

/**
 * open: no NAT. port-restricted: MASQUERADE. shifted: the same with another outer port. symmetric: with a random port for each
 * remote endpoint. full-cone: all that comes in goes to the client. cgn: a port-restricted one at home behind another one.
 */
export type LinuxNat = 'open' | 'port-restricted' | 'shifted' | 'symmetric' | 'full-cone' | 'cgn';

export interface Home {
  readonly client: NetNamespace;
  /** As the others see it. */
  readonly address: string;
}

export class NatNetworks {
  /** The public network, and who is in it. */
  readonly open: NetNamespace;
  readonly #spaces: NetNamespaces;
  #homes = 0;
  #ports = 0;

  constructor(t: TestContext) {
    this.#spaces = NetNamespaces.for(t);
    this.open = this.#spaces.add('public');
    this.open.bridge('net', [], [`${MEETING_PLACE}/24`]);
  }

  /** A client behind a NAT of that kind, or in the open. */
  home(nat: LinuxNat): Home {
    const number = ++this.#homes;
    const client = this.#spaces.add(`client${number}`);
    if (nat === 'open') {
      this.#plugIn(client, `${PUBLIC}.${number}`);
      return { client, address: `${PUBLIC}.${number}` };
    }
    const router = this.#spaces.add(`router${number}`);
    this.#lay(client, router, `10.0.${number}`);
    const inner = `10.0.${number}.2`;
    if (nat === 'cgn') {
      const provider = this.#spaces.add(`provider${number}`);
      this.#lay(router, provider, `100.64.${number}`, 'wan');
      translate(router, 'port-restricted', inner, `100.64.${number}.2`);
      this.#plugIn(provider, `${PUBLIC}.${number}`);
      translate(provider, 'port-restricted', `100.64.${number}.2`, `${PUBLIC}.${number}`);
    } else {
      this.#plugIn(router, `${PUBLIC}.${number}`);
      translate(router, nat, inner, `${PUBLIC}.${number}`);
    }
    return { client, address: `${PUBLIC}.${number}` };
  }

  /** A machine and the router that is its way out, in a network of their own; the machine is number 2. */
  #lay(machine: NetNamespace, router: NetNamespace, network: string, name = 'eth0'): void {
    connect({ space: machine, name, addresses: [`${network}.2/24`] }, { space: router, name: 'lan', addresses: [`${network}.1/24`] });
    machine.defaultRoute(`${network}.1`);
  }

  #plugIn(space: NetNamespace, address: string): void {
    const port = `port${this.#ports++}`;
    connect({ space, name: 'wan', addresses: [`${address}/24`] }, { space: this.open, name: port });
    this.open.ip('link', 'set', port, 'master', 'net');
  }
}

/** Makes a router translate what goes out by `wan`. */
function translate(router: NetNamespace, nat: Exclude<LinuxNat, 'open' | 'cgn'>, inner: string, outer: string): void {
  const rule = (...args: readonly string[]): string => router.exec('iptables', '-w', ...args);
  router.forward();
  // What is not asked for is dropped without an answer, and leaves no trace that would take the port from what goes out.
  rule('-A', 'INPUT', '-i', 'wan', '-j', 'DROP');
  if (nat === 'full-cone') {
    for (const protocol of ['udp', 'tcp']) {
      rule('-t', 'nat', '-A', 'PREROUTING', '-i', 'wan', '-p', protocol, '-j', 'DNAT', '--to-destination', inner);
    }
  } else {
    rule('-A', 'FORWARD', '-i', 'wan', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT');
    rule('-A', 'FORWARD', '-i', 'wan', '-j', 'DROP');
  }
  const leaving = ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'wan'];
  if (nat === 'shifted') {
    rule(...leaving, '-p', 'udp', '--sport', String(CLIENT_PORT), '-j', 'SNAT', '--to-source', `${outer}:${SHIFTED_PORT}`);
  }
  rule(...leaving, '-j', 'MASQUERADE', ...(nat === 'symmetric' ? ['--random-fully'] : []));
}
