/**
 * A home behind a router, and a machine in the world outside: three namespaces, and Debian's miniupnpd as the router's port mapping, over
 * nftables or iptables, whichever it was built for. Nothing comes in that the router was not asked for.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect, type NetNamespace, NetNamespaces, whyNoNamespaces } from './net-namespaces.ts';
import { type ProcessGroup, until } from './peers/process-group.ts';
import type { Workbench } from './workbench.ts';

export const HOME = { router: '10.77.0.1', machine: '10.77.0.2', neighbour: '10.77.0.3' } as const;
/** miniupnpd maps nothing under an address that is not of the world; nothing of this leaves the namespaces. */
export const WORLD = { router: '5.77.0.1', machine: '5.77.0.2' } as const;

const START_MS_MAX = 10_000;
/** As `nft_init.sh` of the package does it; what the home asks for and its answers pass. */
const NFT_RULES = `table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan" accept
    jump miniupnpd
  }
  chain miniupnpd {}
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; oifname "wan" masquerade; }
  chain prerouting_miniupnpd {}
  chain postrouting_miniupnpd {}
}`;
const IPTABLES_RULES = `
  iptables -t nat -N MINIUPNPD; iptables -t nat -A PREROUTING -i wan -j MINIUPNPD
  iptables -t nat -N MINIUPNPD-POSTROUTING; iptables -t nat -A POSTROUTING -o wan -j MINIUPNPD-POSTROUTING
  iptables -t nat -A POSTROUTING -o wan -j MASQUERADE
  iptables -t mangle -N MINIUPNPD; iptables -t mangle -A PREROUTING -i wan -j MINIUPNPD
  iptables -N MINIUPNPD; iptables -P FORWARD DROP
  iptables -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT
  iptables -A FORWARD -i lan -j ACCEPT; iptables -A FORWARD -i wan -j MINIUPNPD`;

const isNft = (): boolean => spawnSync('miniupnpd', ['--version'], { encoding: 'utf8' }).stdout.includes('nftables');

/** Why there can be no such home here, or null. */
export function whyNoHome(): string | null {
  return whyNoNamespaces('miniupnpd') ?? whyNoNamespaces(isNft() ? 'nft' : 'iptables');
}

export interface RouterOptions {
  /** PCP and NAT-PMP, which miniupnpd has only together. */
  readonly control: boolean;
  readonly upnp: boolean;
  /** Of most routers that are in use. */
  readonly igd1?: boolean;
}

export class HomeNetwork {
  readonly home: NetNamespace;
  readonly router: NetNamespace;
  readonly world: NetNamespace;
  readonly #folder: string;
  #daemon: ProcessGroup | null = null;

  constructor(t: TestContext, bench: Workbench) {
    const spaces = NetNamespaces.for(t);
    this.#folder = bench.folder;
    this.home = spaces.add('home');
    this.router = spaces.add('router');
    this.world = spaces.add('world');
    connect(
      { space: this.home, name: 'eth0', addresses: [`${HOME.machine}/24`, `${HOME.neighbour}/24`] },
      { space: this.router, name: 'lan', addresses: [`${HOME.router}/24`] },
    );
    connect(
      { space: this.router, name: 'wan', addresses: [`${WORLD.router}/24`] },
      { space: this.world, name: 'eth0', addresses: [`${WORLD.machine}/24`] },
    );
    this.home.defaultRoute(HOME.router);
    this.router.forward();
    // What it says to all goes to the home.
    this.router.ip('route', 'add', '224.0.0.0/4', 'dev', 'lan');
    if (!isNft()) this.router.exec('sh', '-ec', IPTABLES_RULES);
    else {
      const rules = join(this.#folder, 'router.nft');
      writeFileSync(rules, NFT_RULES);
      this.router.exec('nft', '-f', rules);
    }
  }

  /** Resolves when it listens. */
  async startRouter({ control, upnp, igd1 = false }: RouterOptions): Promise<void> {
    const yes = (is: boolean): string => (is ? 'yes' : 'no');
    const config = join(this.#folder, 'miniupnpd.conf');
    const lines = {
      ext_ifname: 'wan',
      ext_ip: WORLD.router,
      listening_ip: 'lan',
      port: 5000,
      enable_natpmp: yes(control),
      enable_upnp: yes(upnp),
      force_igd_desc_v1: yes(igd1),
      secure_mode: 'yes',
      uuid: '00000000-0000-0000-0000-000000000001',
    };
    const rule = 'allow 1024-65535 0.0.0.0/0 1024-65535';
    writeFileSync(config, [...Object.entries(lines).map(([key, value]) => `${key}=${value}`), rule, ''].join('\n'));
    const daemon = this.router.spawn('miniupnpd', ['-d', '-f', config, '-P', join(this.#folder, 'miniupnpd.pid')]);
    this.#daemon = daemon;
    const listens = control ? 'Listening for NAT-PMP/PCP' : 'HTTP listening on port';
    await until(
      'miniupnpd',
      START_MS_MAX,
      () => daemon.lastWords.includes(listens),
      () => daemon.lastWords,
    );
  }

  /** The end of what the daemon printed. */
  get routerWords(): string {
    return this.#daemon?.lastWords ?? '';
  }

  /** It ends, and forgets. */
  async stopRouter(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = null;
    if (isNft())
      this.router.exec(
        'sh',
        '-ec',
        ['miniupnpd', 'prerouting_miniupnpd', 'postrouting_miniupnpd'].map((chain) => `nft flush chain inet filter ${chain}`).join('; '),
      );
    else this.router.exec('sh', '-ec', 'iptables -t nat -F MINIUPNPD; iptables -F MINIUPNPD; iptables -t mangle -F MINIUPNPD');
  }

  /** The rules by which the router lets the world in: `tcp 6881 10.77.0.2 6881`, transport, external port, machine, its port. */
  mappings(): string[] {
    const found = isNft() ? nftMappings(this.router) : iptablesMappings(this.router);
    return found.sort();
  }
}

/** Versions of nft print the transport in different words. */
function nftMappings(router: NetNamespace): string[] {
  const rules = router.exec('nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd').split('\n');
  return rules.flatMap((rule) => {
    const [, external] = /dport (\d+)/.exec(rule) ?? [];
    const [, machine, port] = /dnat (?:ip )?to ([\d.]+):(\d+)/.exec(rule) ?? [];
    return external === undefined ? [] : [`${/72,8 0x0*6\b|\btcp\b/.test(rule) ? 'tcp' : 'udp'} ${external} ${machine} ${port}`];
  });
}

function iptablesMappings(router: NetNamespace): string[] {
  const text = router.exec('iptables', '-t', 'nat', '-S', 'MINIUPNPD');
  return [...text.matchAll(/-p (tcp|udp) .*--dport (\d+) -j DNAT --to-destination ([\d.]+):(\d+)/g)].map(
    ([, transport, external, machine, port]) => `${transport} ${external} ${machine} ${port}`,
  );
}
