/** The work of `kith top`: the node's transfers as they are now, redrawn on a terminal, a line now and then elsewhere. Owns what is shown. */

import type { NodeEvent, NodeTotals, TransferView } from '../../node/node-view.ts';
import { formatRate } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { interrupted } from '../follow.ts';
import { percentOf, tableLines, totalsLine, transferLine } from '../transfer-table.ts';
import { needNode } from './running-node.ts';

const TERMINAL_MS = 1_000;
const PLAIN_MS = 2_000;
/** Of a terminal that does not say how large it is. */
const ROWS_DEFAULT = 24;
const COLUMNS_DEFAULT = 80;
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export async function watchNode(call: Call): Promise<void> {
  const { console, interruption } = call;
  const { signal } = interruption;
  const node = await needNode(call, signal);
  const out = process.stdout;
  const terminal = out.isTTY === true && process.env.TERM !== 'dumb' && !console.json;
  const shown = new Map<string, TransferView>();
  if (terminal) out.write(`${HOME}${CLEAR_BELOW}`);
  for (const transfer of await node.list()) shown.set(transfer.infoHash, transfer);
  for await (const event of node.events({ progressMs: terminal ? TERMINAL_MS : PLAIN_MS, signal })) {
    if (console.json) {
      const { type, ...fields } = event;
      console.event(type, fields);
      continue;
    }
    learn(shown, event);
    if (terminal && event.type === 'progress')
      out.write(screen(event.totals, [...shown.values()], out.rows || ROWS_DEFAULT, out.columns || COLUMNS_DEFAULT));
    else if (!terminal) for (const line of plainLines(event)) console.result(line);
  }
  if (interruption.happened) throw interrupted('', '');
  console.say('The node has stopped.');
}

function learn(shown: Map<string, TransferView>, event: NodeEvent): void {
  if (event.type === 'removed') shown.delete(event.infoHash);
  if (event.type === 'progress') for (const transfer of event.transfers) shown.set(transfer.infoHash, transfer);
  if ('transfer' in event) shown.set(event.transfer.infoHash, event.transfer);
}

/** Who moves most comes first; what does not fit is counted. */
function screen(totals: NodeTotals, transfers: TransferView[], rows: number, columns: number): string {
  const busiest = transfers.sort((a, b) => b.downloadRate + b.uploadRate - a.downloadRate - a.uploadRate || a.number - b.number);
  const room = Math.max(1, rows - 4);
  const lines = [totalsLine(totals), '', ...tableLines(busiest.slice(0, room))];
  if (busiest.length > room) lines.push(`and ${busiest.length - room} more`);
  return `${HOME}${lines.map((line) => `${line.slice(0, columns - 1)}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`;
}

function plainLines(event: NodeEvent): string[] {
  switch (event.type) {
    case 'progress': {
      const moving = event.transfers.filter(({ downloadRate, uploadRate, state }) => downloadRate + uploadRate > 0 || state === 'checking');
      return [totalsLine(event.totals), ...moving.map(movingLine)];
    }
    case 'removed':
      return [`${event.name}: removed`];
    case 'warning':
      return [`warning: ${event.message}`];
    case 'added':
    case 'completed':
    case 'failed':
      return [`${event.type}: ${transferLine(event.transfer)}`];
    default:
      return [];
  }
}

function movingLine(transfer: TransferView): string {
  const { number, name, downloadRate, uploadRate } = transfer;
  return `  ${number}  ${percentOf(transfer)}  ↓ ${formatRate(downloadRate)}  ↑ ${formatRate(uploadRate)}  ${name}`;
}
