/** What an IP filter costs at its bound of a million ranges: to read, and for each peer that is named. `node bench/ip-filter.ts` */

import { bench, do_not_optimize, run } from 'mitata';
import { Random } from '../src/core/random.ts';
import { IP_RANGES_MAX, IpFilterParser } from '../src/transfer/bittorrent/ip-filter-parser.ts';

const PART_CHARS = 65_536;
const random = new Random(1);
const ip = (value: number): string => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
const lines: string[] = [];
for (let line = 0; line < IP_RANGES_MAX; line++) {
  const first = random.u32();
  lines.push(`someone ${line}:${ip(first)}-${ip(Math.min(0xffff_ffff, first + random.below(64)))}\n`);
}
const text = lines.join('');

const startedMs = performance.now();
const parser = new IpFilterParser();
for (let at = 0; at < text.length; at += PART_CHARS) parser.push(text.slice(at, at + PART_CHARS));
const readMs = performance.now();
const { filter } = parser.finish();
const sortedMs = performance.now();
process.stdout.write(
  `${IP_RANGES_MAX} lines, ${filter.rangeCount} ranges: read in ${Math.round(readMs - startedMs)} ms, sorted in ${Math.round(sortedMs - readMs)} ms\n`,
);

const endpoints = Array.from({ length: 65_536 }, () => random.fill(new Uint8Array(6)));
let turn = 0;
bench('is this address blocked', () => do_not_optimize(filter.blocks(endpoints[turn++ & 65_535] as Uint8Array)));
await run();
