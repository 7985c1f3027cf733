/** The work of `kith pause`, `resume`, `rm`, `limit`, `change`, and of `verify` for what the node holds. Owns no state. */

import { resolve } from 'node:path';
import { Failure } from '../../node/failure.ts';
import type { QueueMove, TransferChanges } from '../../node/node-operations.ts';
import type { FilePriority, TransferView } from '../../node/node-view.ts';
import { formatBytes, formatRate, parseBytes, plural } from '../../node/quantity.ts';
import type { FetchView } from '../../node/search/fetch-view.ts';
import type { RemoteNode } from '../../node/control/remote-node.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { interrupted } from '../follow.ts';
import { fetchLine, fetchWord } from '../fetch-lines.ts';
import { transferLine } from '../transfer-table.ts';
import { eachFetch, sortedWords, type Words } from './pick-fetches.ts';
import { chosen, needNode } from './running-node.ts';

export interface Chosen {
  readonly all?: true;
}

export async function pauseTransfers(call: Call, words: readonly string[], options: Chosen): Promise<void> {
  await each(call, words, options, { transfer: 'pause', fetch: 'pauseFetch' });
}

export async function resumeTransfers(call: Call, words: readonly string[], options: Chosen): Promise<void> {
  await each(call, words, options, { transfer: 'resume', fetch: 'resumeFetch' });
}

interface Steps {
  readonly transfer: 'pause' | 'resume';
  readonly fetch: 'pauseFetch' | 'resumeFetch';
}

async function each(call: Call, words: readonly string[], { all }: Chosen, steps: Steps): Promise<void> {
  const node = await needNode(call);
  const sorted = sortedWords(words);
  const done: TransferView[] = [];
  for (const { infoHash } of await transfersOf(node, sorted, all === true)) done.push(await node[steps.transfer](infoHash));
  say(call, done, await eachFetch(node, sorted, all === true, (id) => node.search[steps.fetch](id)));
}

/** Where only fetches are named, there are none. */
async function transfersOf(node: RemoteNode, { fetchIds, others }: Words, all: boolean): Promise<readonly TransferView[]> {
  return fetchIds.length > 0 && others.length === 0 && !all ? [] : chosen(node, others, all);
}

function say({ console }: Call, transfers: readonly TransferView[], fetches: readonly FetchView[] = []): void {
  console.document({ transfers, fetches });
  for (const transfer of transfers) console.result(`${transfer.number}  ${transferLine(transfer)}`);
  for (const fetch of fetches) console.result(fetchLine(fetch));
}

export async function removeTransfers(call: Call, words: readonly string[], options: Chosen & { readonly data?: true }): Promise<void> {
  const { console } = call;
  const node = await needNode(call, call.interruption.signal);
  const [all, data] = [options.all === true, options.data === true];
  const sorted = sortedWords(words);
  const removed: TransferView[] = [];
  const removeFetch = async (id: number): Promise<FetchView> => {
    const fetch = await node.search.fetch(id);
    await node.search.removeFetch(id, data);
    console.say(`${fetchWord(fetch)} ${fetch.name} is removed${data ? '' : `; what has come stays: ${fetch.path ?? fetch.partPath}`}`);
    return fetch;
  };
  for (const transfer of await transfersOf(node, sorted, all)) {
    // What lies in the share folder is no part of the list, and is not meant by all of it.
    if (all && transfer.origin === 'folder') continue;
    await node.remove(transfer.infoHash, data);
    removed.push(transfer);
    const kept = data || transfer.origin === 'share' ? '' : `; its files stay: ${transfer.path}`;
    console.say(`${transfer.name} is removed${kept}`);
  }
  const fetches = await eachFetch(node, sorted, all, removeFetch);
  console.document({ removed, fetches: fetches.map(({ id }) => id) });
}

export interface LimitOptions extends Chosen {
  readonly up?: string;
  readonly down?: string;
  readonly ratio?: number;
  readonly minutes?: number;
}

/** Without a transfer the limits are those of the node, and last. */
export async function limitTransfers(call: Call, words: readonly string[], options: LimitOptions): Promise<void> {
  const { console } = call;
  const { up, down, ratio, minutes } = options;
  if (words.length === 0 && options.all !== true) return limitNode(call, options);
  const changes: TransferChanges = {
    ...(up !== undefined && { uploadRateMax: bytesOf(up) }),
    ...(down !== undefined && { downloadRateMax: bytesOf(down) }),
    ...(ratio !== undefined && { seedRatio: ratio }),
    ...(minutes !== undefined && { seedMinutes: minutes }),
  };
  const node = await needNode(call);
  const done: TransferView[] = [];
  for (const { infoHash } of await chosen(node, words, options.all === true)) done.push(await node.change(infoHash, changes));
  console.document({ transfers: done });
  for (const { number, name, uploadRateMax, downloadRateMax } of done) {
    console.result(`${number}  ${name}: up ${limitText(uploadRateMax)}, down ${limitText(downloadRateMax)}`);
  }
}

async function limitNode(call: Call, { up, down, ratio, minutes }: LimitOptions): Promise<void> {
  const { console } = call;
  const node = await needNode(call);
  if (up !== undefined) await node.set('limit.up', up, true);
  if (down !== undefined) await node.set('limit.down', down, true);
  if (ratio !== undefined) await node.set('seed.ratio', String(ratio), true);
  if (minutes !== undefined) await node.set('seed.minutes', String(minutes), true);
  const settings = (await node.settings()).filter(({ key }) => /^(limit|seed)\./.test(key));
  console.document({ settings });
  for (const { key, value } of settings) {
    console.result(`${key.padEnd(14)} ${nodeLimitText(key, value)}`);
  }
}

function nodeLimitText(key: string, value: string | number): string {
  if (key === 'limit.schedule') return value === '' ? 'always the same' : String(value);
  return key.startsWith('limit') ? limitText(Number(value)) : value === 0 ? 'no end' : String(value);
}

function limitText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? 'no limit' : formatRate(bytesPerSecond);
}

function bytesOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== null) return bytes;
  throw new Failure('usage', `${text} is no rate.`, 'Expected bytes a second like 2MB or 500k, or 0 for no limit.', '');
}

export interface ChangeOptions {
  readonly label?: readonly string[];
  /** False: those that it has go. */
  readonly labels?: boolean;
  readonly queue?: QueueMove;
  readonly move?: string;
  readonly skip?: readonly number[];
  readonly want?: readonly number[];
  readonly first?: readonly number[];
  readonly last?: readonly number[];
  readonly sequential?: boolean;
}

export async function changeTransfers(call: Call, words: readonly string[], options: ChangeOptions): Promise<void> {
  const node = await needNode(call, call.interruption.signal);
  const done: TransferView[] = [];
  for (const transfer of await chosen(node, words, false)) done.push(await changeOne(node, transfer, options));
  say(call, done);
}

async function changeOne(node: RemoteNode, { infoHash, labels }: TransferView, options: ChangeOptions): Promise<TransferView> {
  const { label, queue, move, sequential } = options;
  const kept = options.labels === false ? [] : labels;
  const files: readonly (readonly [readonly number[] | undefined, FilePriority])[] = [
    [options.skip, 'skip'],
    [options.last, 'low'],
    [options.want, 'normal'],
    [options.first, 'high'],
  ];
  let view = await node.change(infoHash, {
    ...((label !== undefined || options.labels === false) && { labels: [...kept, ...(label ?? [])] }),
    ...(sequential !== undefined && { sequential }),
  });
  for (const [indices, priority] of files) if (indices !== undefined) view = await node.prioritize(infoHash, indices, priority);
  if (queue !== undefined) view = await node.reorder(infoHash, queue);
  if (move !== undefined) view = await node.move(infoHash, resolve(move));
  return view;
}

/** Exit code 8 when something is damaged or missing; the node fetches that again unless it is paused. */
export async function verifyTransfers(call: Call, node: RemoteNode, words: readonly string[]): Promise<void> {
  const { console } = call;
  const results: TransferView[] = [];
  for (const transfer of await chosen(node, words, false)) results.push(await verifyOne(call, node, transfer));
  console.document({ transfers: results });
  for (const { name, haveBytes, wantedBytes } of results) {
    const whole = haveBytes >= wantedBytes;
    console.result(
      `${name}: ${whole ? 'whole' : `${formatBytes(wantedBytes - haveBytes)} of ${formatBytes(wantedBytes)} missing or damaged`}`,
    );
  }
  const bad = results.filter(({ haveBytes, wantedBytes }) => haveBytes < wantedBytes);
  if (bad.length === 0) return;
  console.say(`${plural(bad.length, 'transfer')} not whole. What is missing is fetched again, unless it is paused.`);
  process.exitCode = exitCodeOf('integrity');
}

async function verifyOne(call: Call, node: RemoteNode, { infoHash }: TransferView): Promise<TransferView> {
  const { console, interruption } = call;
  const { sequence } = await node.status();
  await node.verify(infoHash);
  try {
    for await (const event of node.events({ after: sequence, progressMs: 500, signal: interruption.signal })) {
      if (event.type === 'progress') {
        const own = event.transfers.find((transfer) => transfer.infoHash === infoHash);
        if (own !== undefined)
          console.progress.show(`${own.name}: checking`, own.wantedBytes === 0 ? null : own.checkedBytes / own.wantedBytes);
      } else if ((event.type === 'verified' || event.type === 'failed') && event.transfer.infoHash === infoHash) return event.transfer;
    }
  } finally {
    console.progress.clear();
  }
  if (interruption.happened) throw interrupted('Stopped; the node goes on checking.', '');
  throw new Failure('unreachable', 'The node stopped before all was checked.', '', 'Start it again: kith up');
}
