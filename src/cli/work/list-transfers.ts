/** The work of `kith ls` and `kith info`: what the node holds, asked of it or read from its list. Owns no state. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TransferView } from '../../node/node-view.ts';
import { pickTransfers } from '../../node/transfers/pick-transfers.ts';
import type { Call } from '../cli.ts';
import { fetchDetailLines, fetchIdOf, fetchLine } from '../fetch-lines.ts';
import { programWord } from '../follow.ts';
import { peerLines } from '../peer-view.ts';
import { detailLines, filesLines, tableLines } from '../transfer-table.ts';
import { findNode, needNode } from './running-node.ts';

export interface ListOptions {
  readonly label?: string;
}

export async function listTransfers(call: Call, words: readonly string[], options: ListOptions): Promise<void> {
  const { console } = call;
  const node = await findNode(call);
  const all = node === null ? await listed(call) : await node.list();
  const labelled = options.label === undefined ? all : all.filter(({ labels }) => labels.includes(options.label as string));
  const transfers = words.length === 0 ? labelled : pickTransfers(labelled, words);
  // What is fetched by hash has no label, and is named by a word of its own.
  const fetches = node === null || words.length > 0 || options.label !== undefined ? [] : await node.search.fetches();
  console.document({ running: node !== null, transfers, fetches });
  for (const fetch of fetches) console.result(fetchLine(fetch));
  if (fetches.length > 0 && transfers.length === 0) return;
  if (transfers.length > 0) for (const line of tableLines(transfers)) console.result(line);
  else console.say(`Nothing is in the list. To add something: ${programWord()} get --add LINK`);
  if (node === null) console.say(console.dim(`The node is not running; this is what it will go on with. Start it: ${programWord()} up`));
}

/** The database is loaded only where it is read. */
async function listed(call: Call): Promise<readonly TransferView[]> {
  const { state } = call.settings.folders;
  if (!existsSync(join(state, 'transfers.sqlite'))) return [];
  const { TransferList } = await import('../../node/transfers/transfer-list.ts');
  const { viewOfRecord } = await import('../../node/transfers/transfer-views.ts');
  const list = TransferList.open(state);
  try {
    return list.all().map((record, index) => viewOfRecord(record, index + 1));
  } finally {
    list.close();
  }
}

export interface InfoOptions {
  readonly files?: true;
  readonly peers?: true;
}

export async function showInfo(call: Call, word: string, options: InfoOptions): Promise<void> {
  const { console } = call;
  const node = await needNode(call);
  const fetchId = fetchIdOf(word);
  if (fetchId !== null) {
    const fetch = await node.search.fetch(fetchId);
    console.document({ fetch });
    for (const line of fetchDetailLines(fetch)) console.result(line);
    return;
  }
  const [transfer] = pickTransfers(await node.list(), [word]);
  const detail = await node.info((transfer as TransferView).infoHash);
  console.document({ transfer: detail });
  if (options.files === true) for (const line of filesLines(detail.files)) console.result(line);
  if (options.peers === true) for (const line of peerLines(detail.peerList)) console.result(line);
  if (options.files !== true && options.peers !== true) for (const line of detailLines(detail)) console.result(line);
}
