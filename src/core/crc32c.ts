/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78): peer priorities of BEP 40, node ids of BEP 42. */

import { crcTable } from './crc-table.ts';

const TABLE = crcTable(0x82f63b78);

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
