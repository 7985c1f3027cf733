/** What a web cache answers, version 1 and 2: written for those who ask us, and read from others, who may say anything. Owns no state. */

import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { isCacheUrl } from '../../wire/cache-url.ts';

/** update: what became of what was told: taken, or why not. */
export interface CacheAnswer {
  readonly members: readonly AnsweredMember[];
  readonly caches: readonly string[];
  readonly update: string | null;
  readonly pong: string | null;
  /** What else there is to say, such as `net-not-supported`. */
  readonly notes: readonly string[];
}

export interface AnsweredMember {
  readonly endpoint: Endpoint;
  /** Since it was heard of; null: not told. */
  readonly ageSeconds: number | null;
}

export const TAKEN = 'OK';
/** Whatever a cache sends, no more is read of it. */
export const ANSWER_CHARS_MAX = 64 * 1024;
const LINES_MAX = 1_000;
const MEMBERS_MAX = 200;
const CACHES_MAX = 50;
const NOTES_MAX = 20;
const NOTE_CHARS_MAX = 256;

export function formatCacheAnswer(version: 1 | 2, { members, caches, update, pong, notes }: CacheAnswer): string {
  const lines: string[] = [];
  if (version === 1) {
    if (pong !== null) lines.push(`PONG ${pong}`);
    if (update !== null) lines.push(update === TAKEN ? TAKEN : `WARNING: ${update}`);
    // Nothing but an empty line and an error can be told from nothing.
    lines.push(...notes.map((note) => `ERROR: ${note}`));
    lines.push(...members.map(({ endpoint }) => formatEndpoint(endpoint)), ...caches);
  } else {
    if (pong !== null) lines.push(`I|pong|${pong}`);
    if (update !== null) lines.push(update === TAKEN ? `I|update|${TAKEN}` : `I|update|WARNING|${update}`);
    lines.push(...notes.map((note) => `I|${note}`));
    for (const { endpoint, ageSeconds } of members) lines.push(`H|${formatEndpoint(endpoint)}|${ageSeconds ?? ''}`);
    for (const cache of caches) lines.push(`U|${cache}|`);
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

/** Of either version. Never throws: lines that say nothing are left out. */
export function parseCacheAnswer(text: string): CacheAnswer {
  const members: AnsweredMember[] = [];
  const caches: string[] = [];
  const notes: string[] = [];
  let update: string | null = null;
  let pong: string | null = null;
  for (const line of text.slice(0, ANSWER_CHARS_MAX).split(/\r\n|\n|\r/, LINES_MAX)) {
    const [kind = '', value = '', third = '', fourth = ''] = line.trim().split('|');
    const endpoint = parseEndpoint(kind.toUpperCase() === 'H' ? value : kind);
    if (endpoint !== null) {
      if (members.length < MEMBERS_MAX) members.push({ endpoint, ageSeconds: /^\d{1,9}$/.test(third) ? Number(third) : null });
    } else if (/^u$/i.test(kind) || /^https?:/i.test(kind)) {
      const url = /^u$/i.test(kind) ? value : line.trim();
      if (caches.length < CACHES_MAX && isCacheUrl(url)) caches.push(url);
    } else if (/^i$/i.test(kind)) {
      if (/^pong$/i.test(value)) pong = third;
      else if (/^update$/i.test(value)) update = /^ok$/i.test(third) ? TAKEN : `${third} ${fourth}`.trim();
      else if (notes.length < NOTES_MAX) notes.push([value, third, fourth].filter((word) => word !== '').join(' '));
    } else if (/^PONG\b/i.test(kind)) pong = kind.slice('PONG'.length).trim();
    else if (/^OK\b/i.test(kind)) update = TAKEN;
    else if (/^(WARNING|ERROR)\b/i.test(kind) && notes.length < NOTES_MAX) notes.push(line.trim().slice(0, NOTE_CHARS_MAX));
  }
  return { members, caches, update, pong, notes };
}
