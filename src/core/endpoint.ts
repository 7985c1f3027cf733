/** Compact endpoints (4 or 16 bytes of IP, 2 of port, big-endian; BEP 23, BEP 7) and their text form; owns no state. */

import type { Endpoint } from './host.ts';

export const ENDPOINT_V4_BYTES = 6;
export const ENDPOINT_V6_BYTES = 18;

/** `1.2.3.4:80` or `[2001:db8::1]:80`, or null when the text is neither. Names are not looked up. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  return endpointOf((match[1] ?? match[2]) as string, Number(match[3]));
}

/** The endpoint of an IP literal and a port, or null when either is not one. */
export function endpointOf(ip: string, port: number): Endpoint | null {
  if (!Number.isInteger(port) || port < 0 || port > 65535) return null;
  const address = ip.includes(':') ? parseIpv6(ip) : parseIpv4(ip);
  if (address === null) return null;
  const endpoint = new Uint8Array(address.length + 2);
  endpoint.set(address);
  endpoint[address.length] = port >> 8;
  endpoint[address.length + 1] = port & 0xff;
  return endpoint;
}

export function formatEndpoint(endpoint: Endpoint): string {
  const ip = endpointIp(endpoint);
  return ip.includes(':') ? `[${ip}]:${endpointPort(endpoint)}` : `${ip}:${endpointPort(endpoint)}`;
}

export function endpointPort(endpoint: Endpoint): number {
  return ((endpoint[endpoint.length - 2] as number) << 8) | (endpoint[endpoint.length - 1] as number);
}

/** A copy with another port. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  const copy = endpoint.slice();
  copy[copy.length - 2] = port >> 8;
  copy[copy.length - 1] = port & 0xff;
  return copy;
}

/** The IP as text; an IPv6 address in the short form of RFC 5952. */
export function endpointIp(endpoint: Endpoint): string {
  return endpoint.length === ENDPOINT_V4_BYTES ? endpoint.subarray(0, 4).join('.') : formatIpv6(endpoint);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(endpoint: Endpoint): boolean {
  if (endpoint.length === ENDPOINT_V4_BYTES) return endpoint[0] === 127;
  for (let at = 0; at < 15; at++) if (endpoint[at] !== 0) return false;
  return endpoint[15] === 1;
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    // Leading zeros are refused: some read them as octal, and would dial another address.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    bytes[index] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1] as string, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const bytes = new Uint8Array(16);
  for (const [index, group] of [...head, ...new Array<number>(missing).fill(0), ...tail].entries()) {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 0xff;
  }
  return bytes;
}

/** The 16-bit groups of a part without `::`; at the end of the address a dotted IPv4 tail counts as two. */
function groupsOf(text: string, atEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const ipv4 = atEnd && index === parts.length - 1 ? parseIpv4(part) : null;
      if (ipv4 === null) return null;
      groups.push(((ipv4[0] as number) << 8) | (ipv4[1] as number), ((ipv4[2] as number) << 8) | (ipv4[3] as number));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function formatIpv6(endpoint: Endpoint): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((endpoint[at] as number) << 8) | (endpoint[at + 1] as number));
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) [bestStart, bestLength] = [start, length];
  }
  const text = groups.map((group) => group.toString(16));
  if (bestStart < 0) return text.join(':');
  return `${text.slice(0, bestStart).join(':')}::${text.slice(bestStart + bestLength).join(':')}`;
}
