/** What can be done to transfers, each with the command that does the same. Owns no state. */

import { ask, Problem } from '../api/ask.ts';
import { type Added, type FetchView, plural } from '../api/views.ts';
import { cliLine } from '../shell/cli-line.ts';
import { notices } from '../shell/notices.svelte.ts';
import { fetchKey, type ListRow } from './list-row.ts';

export type Step = 'pause' | 'resume' | 'verify' | 'reannounce';

const STEP_WORDS: Readonly<Record<Step, string>> = {
  pause: 'paused',
  resume: 'resumed',
  verify: 'being verified',
  reannounce: 'asking for peers',
};
/** Asked at once; more would only wait in the browser. */
const TOGETHER = 6;

/** Whether that can be done to it: fetches are paused and resumed, and check by themselves what they have. */
export function canStep({ fetch }: ListRow, what: Step | 'limit'): boolean {
  return fetch === null || what === 'pause' || what === 'resume';
}

export async function step(rows: readonly ListRow[], what: Step): Promise<void> {
  const able = rows.filter((row) => canStep(row, what));
  await forAll(able, (row) => ask('POST', `${addressOf(row)}/${what}`));
  notices.done(`${subject(able)} ${STEP_WORDS[what]}.`);
}

/** In the API. */
function addressOf({ key, fetch }: ListRow): string {
  return fetch === null ? `/transfers/${key}` : `/fetches/${fetch.id}`;
}

export async function removeAll(rows: readonly ListRow[], data: boolean): Promise<void> {
  await forAll(rows, (row) => ask('DELETE', `${addressOf(row)}${data ? '?data=true' : ''}`));
  notices.done(`${subject(rows)} removed${data ? ', with its files' : '; files stay'}.`);
}

export interface Limits {
  readonly downloadRateMax: number;
  readonly uploadRateMax: number;
  readonly seedRatio: number | null;
}

export async function limitAll(rows: readonly ListRow[], limits: Limits): Promise<void> {
  await forAll(rows, (row) => ask('PATCH', addressOf(row), { body: limits }));
  notices.done(`${subject(rows)} limited.`);
}

/** A magnet link, the URL of a .torrent, a hash, or the link of a file in other networks. Resolves to the key of its row. */
export async function addLink(link: string): Promise<string> {
  if (namesFile(link)) {
    const { id, name } = await ask<FetchView>('POST', '/fetches', { body: { link } });
    notices.done(`${name} is fetched as ${fetchKey(id)}.`);
    return fetchKey(id);
  }
  const { transfer, already } = await ask<Added>('POST', '/transfers', { body: { link } });
  notices.done(already ? `${transfer.name} was in the list already.` : `${transfer.name} was added.`);
  return transfer.infoHash;
}

/** By its hashes in search networks, and no torrent. */
function namesFile(link: string): boolean {
  return /^ed2k:/i.test(link) || (/^magnet:/i.test(link) && /urn:(?:sha1|tree|bitprint|ed2k)/i.test(link) && !/urn:bt[im]h:/i.test(link));
}

export async function addTorrent(file: File): Promise<void> {
  const { transfer, already } = await ask<Added>('POST', '/transfers/from-torrent', { bytes: file, type: 'application/x-bittorrent' });
  notices.done(already ? `${transfer.name} was in the list already.` : `${transfer.name} was added.`);
}

/** By words, as `kith ls` shows them. */
export function cliOf(command: string, rows: readonly ListRow[], ...words: readonly string[]): string {
  return cliLine(command, ...rows.map(({ word }) => word), ...words);
}

function subject(rows: readonly ListRow[]): string {
  const [only] = rows;
  return rows.length === 1 && only !== undefined ? only.name : plural(rows.length, 'transfer');
}

/** All are tried; what went wrong is said once, with how often. */
async function forAll(rows: readonly ListRow[], work: (row: ListRow) => Promise<unknown>): Promise<void> {
  const waiting = [...rows];
  const failed: Error[] = [];
  const run = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await work(next).catch((error: Error) => failed.push(error));
  };
  await Promise.all(Array.from({ length: TOGETHER }, run));
  const [first] = failed;
  if (first === undefined) return;
  if (failed.length === 1 || !(first instanceof Problem)) throw first;
  throw new Problem(first.status, {
    message: `${failed.length} of ${rows.length} failed: ${first.message}`,
    why: first.why,
    next: first.next,
  });
}
