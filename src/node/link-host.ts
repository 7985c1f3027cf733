/** Which address a link tells others to come to; owns no state. */

import { networkInterfaces } from 'node:os';

/** The address asked for, or the one listened on, or for a wildcard the first address of this machine that others can see. */
export function linkHost(listenHost: string, announceHost: string): string {
  if (announceHost !== '') return announceHost;
  if (listenHost !== '0.0.0.0' && listenHost !== '::') return listenHost;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const first = outside.find(({ family }) => family === 'IPv4') ?? (listenHost === '::' ? outside[0] : undefined);
  return first?.address ?? (listenHost === '::' ? '::1' : '127.0.0.1');
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host === 'localhost';
}

/** An IPv6 address in brackets, anything else as it is; then the port. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
