/** CRC-32 (reflected polynomial 0xedb88320) in parts, as in zip files; FastTrack samples files with it. */

import { crcTable } from './crc-table.ts';

const TABLE = crcTable(0xedb88320);

/** Takes the bytes into a running value, which begins as -1; the usual sum is what comes out in the end, inverted. */
export function crc32Step(crc: number, bytes: Uint8Array, start = 0, end = bytes.length): number {
  let running = crc;
  for (let at = start; at < end; at++) running = (TABLE[(running ^ (bytes[at] as number)) & 0xff] as number) ^ (running >>> 8);
  return running;
}
