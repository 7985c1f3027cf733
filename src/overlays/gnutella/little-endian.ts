/** Numbers with the least significant byte first, as Gnutella writes them. Owns no state; offsets are the caller's to check. */

export function readU16Little(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function readU32Little(bytes: Uint8Array, at: number): number {
  return (readU16Little(bytes, at) | (readU16Little(bytes, at + 2) << 16)) >>> 0;
}

/** Each writer returns the offset after what it wrote. */
export function writeU16Little(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  return at + 2;
}

export function writeU32Little(bytes: Uint8Array, at: number, value: number): number {
  writeU16Little(bytes, at, value);
  return writeU16Little(bytes, at + 2, value >>> 16);
}

/** As many bytes as the number has, at least one: how extensions write numbers. */
export function numberBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  return Uint8Array.from(bytes);
}

/** Null for more than 2^53 or more than eight bytes. */
export function numberOfBytes(bytes: Uint8Array): number | null {
  if (bytes.length > 8) return null;
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + (bytes[at] as number);
  return Number.isSafeInteger(value) ? value : null;
}

/** An endpoint (address, then port, most significant byte first) as Gnutella has it: the port first, least significant byte first. */
export function writePortAndIp(into: Uint8Array, at: number, endpoint: Uint8Array): number {
  into[at] = endpoint[5] as number;
  into[at + 1] = endpoint[4] as number;
  into.set(endpoint.subarray(0, 4), at + 2);
  return at + 6;
}

export function readPortAndIp(bytes: Uint8Array, at: number): Uint8Array {
  const endpoint = new Uint8Array(6);
  endpoint.set(bytes.subarray(at + 2, at + 6));
  endpoint[4] = bytes[at + 1] as number;
  endpoint[5] = bytes[at] as number;
  return endpoint;
}

/** The address, then the port with its least significant byte first. */
export function writeIpAndPort(into: Uint8Array, at: number, endpoint: Uint8Array): number {
  into.set(endpoint.subarray(0, 4), at);
  into[at + 4] = endpoint[5] as number;
  into[at + 5] = endpoint[4] as number;
  return at + 6;
}

export function readIpAndPort(bytes: Uint8Array, at: number): Uint8Array {
  const endpoint = bytes.slice(at, at + 6);
  endpoint[4] = bytes[at + 5] as number;
  endpoint[5] = bytes[at + 4] as number;
  return endpoint;
}
