/** What can be done to transfers, each with the command that does the same. Owns no state. */

import { ask, Problem } from '../api/ask.ts';
import { type Added, plural, type TransferView } from '../api/views.ts';
import { cliLine } from '../shell/cli-line.ts';
import { notices } from '../shell/notices.svelte.ts';

export type Step = 'pause' | 'resume' | 'verify' | 'reannounce';

const STEP_WORDS: Readonly<Record<Step, string>> = {
  pause: 'paused',
  resume: 'resumed',
  verify: 'being verified',
  reannounce: 'asking for peers',
};
/** Asked at once; more would only wait in the browser. */
const TOGETHER = 6;

export async function step(transfers: readonly TransferView[], what: Step): Promise<void> {
  await forAll(transfers, ({ infoHash }) => ask('POST', `/transfers/${infoHash}/${what}`));
  notices.done(`${subject(transfers)} ${STEP_WORDS[what]}.`);
}

export async function removeAll(transfers: readonly TransferView[], data: boolean): Promise<void> {
  await forAll(transfers, ({ infoHash }) => ask('DELETE', `/transfers/${infoHash}${data ? '?data=true' : ''}`));
  notices.done(`${subject(transfers)} removed${data ? ', with its files' : '; files stay'}.`);
}

export interface Limits {
  readonly downloadRateMax: number;
  readonly uploadRateMax: number;
  readonly seedRatio: number | null;
}

export async function limitAll(transfers: readonly TransferView[], limits: Limits): Promise<void> {
  await forAll(transfers, ({ infoHash }) => ask('PATCH', `/transfers/${infoHash}`, { body: limits }));
  notices.done(`${subject(transfers)} limited.`);
}

/** A magnet link, the URL of a .torrent, or a hash. */
export async function addLink(link: string): Promise<TransferView> {
  const { transfer, already } = await ask<Added>('POST', '/transfers', { body: { link } });
  notices.done(already ? `${transfer.name} was in the list already.` : `${transfer.name} was added.`);
  return transfer;
}

export async function addTorrent(file: File): Promise<void> {
  const { transfer, already } = await ask<Added>('POST', '/transfers/from-torrent', { bytes: file, type: 'application/x-bittorrent' });
  notices.done(already ? `${transfer.name} was in the list already.` : `${transfer.name} was added.`);
}

/** Numbers, as `kith ls` shows them. */
export function cliOf(command: string, transfers: readonly TransferView[], ...words: readonly string[]): string {
  return cliLine(command, ...transfers.map(({ number }) => String(number)), ...words);
}

function subject(transfers: readonly TransferView[]): string {
  const [only] = transfers;
  return transfers.length === 1 && only !== undefined ? only.name : plural(transfers.length, 'transfer');
}

/** All are tried; what went wrong is said once, with how often. */
async function forAll(transfers: readonly TransferView[], work: (transfer: TransferView) => Promise<unknown>): Promise<void> {
  const waiting = [...transfers];
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
    message: `${failed.length} of ${transfers.length} failed: ${first.message}`,
    why: first.why,
    next: first.next,
  });
}
