/** Which router packets for the world go to, and which address of ours it sees; reads the system's routing table. Owns no state. */

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { Route } from './gateway.ts';

const COMMAND_MS_MAX = 3_000;
const TABLE_BYTES_MAX = 1 << 20;
/** RTF_GATEWAY and RTF_UP of Linux. */
const VIA_ROUTER = 0x3;

/** The IPv4 route for the world, or null where there is none. `source` is an address of ours that is to be used, or null. */
export async function defaultRoute(source: string | null): Promise<Route | null> {
  const gateway = await defaultGateway();
  if (gateway === null) return null;
  const localAddress = source ?? (await addressFacing(gateway));
  return localAddress === null ? null : { gateway, localAddress };
}

async function defaultGateway(): Promise<string | null> {
  try {
    if (process.platform === 'linux') return gatewayOfProc(await readFile('/proc/net/route', 'latin1'));
    // BSD, macOS and Windows have the same program, which prints much the same.
    return gatewayOfNetstat(await output('netstat', ['-rn']));
  } catch {
    return null;
  }
}

/** From `/proc/net/route`: the router with the least metric. Addresses stand there as the machine keeps them, hosts we know are little-endian. */
export function gatewayOfProc(table: string): string | null {
  let best: string | null = null;
  let bestMetric = Number.POSITIVE_INFINITY;
  for (const line of table.split('\n').slice(1)) {
    const [, destination, gateway = '', flags = '', , , metric, mask] = line.trim().split(/\s+/);
    if (destination !== '00000000' || mask !== '00000000' || !/^[0-9A-F]{8}$/i.test(gateway)) continue;
    if ((Number.parseInt(flags, 16) & VIA_ROUTER) !== VIA_ROUTER || Number(metric) >= bestMetric) continue;
    bestMetric = Number(metric);
    best = (gateway.match(/../g) as string[]) // Eight digits are four pairs.
      .reverse()
      .map((pair) => Number.parseInt(pair, 16))
      .join('.');
  }
  return best;
}

/** From `netstat -rn`: `default 192.168.1.1 UGScg en0`, or of Windows `0.0.0.0 0.0.0.0 192.168.1.1 192.168.1.7 25`, the least metric. */
export function gatewayOfNetstat(table: string): string | null {
  let best: string | null = null;
  let bestMetric = Number.POSITIVE_INFINITY;
  for (const line of table.split('\n')) {
    const words = line.trim().split(/\s+/);
    const isWindows = words[0] === '0.0.0.0' && words[1] === '0.0.0.0';
    if (!isWindows && words[0] !== 'default') continue;
    const gateway = words[isWindows ? 2 : 1] ?? '';
    const metric = isWindows ? Number(words[4]) : 0;
    if (!isIPv4(gateway) || gateway === '0.0.0.0' || !(metric < bestMetric)) continue;
    bestMetric = metric;
    best = gateway;
  }
  return best;
}

/** The address that packets to the router leave from. Nothing is sent: connecting a datagram socket only asks the routing table. */
function addressFacing(gateway: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (address: string | null): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done(null));
    socket.connect(9, gateway, () => done(socket.address().address));
  });
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { timeout: COMMAND_MS_MAX, maxBuffer: TABLE_BYTES_MAX, encoding: 'latin1' }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
}
