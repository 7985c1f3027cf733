/** Transfers as lines for people: the table of `ls` and `top`, and the facts of one; owns no state. */

import type { FileView, NodeTotals, TransferDetail, TransferView } from '../node/node-view.ts';
import { formatBytes, formatPieceBytes, formatRate, formatSeconds, plural } from '../node/quantity.ts';
import { STATE_WORDS } from '../node/state-words.ts';

const HEADINGS = ['#', 'state', 'done', 'size', 'down', 'up', 'ratio', 'left', 'name'] as const;
/** Columns of numbers end where they all end. */
const RIGHT: readonly boolean[] = [true, false, true, true, true, true, true, true, false];
/** A column of rates with nothing in it is quieter than one of zeros. */
const NOTHING = '-';

/** The heading first. */
export function tableLines(transfers: readonly TransferView[]): string[] {
  return aligned([HEADINGS, ...transfers.map(cells)], RIGHT);
}

function cells(transfer: TransferView): readonly string[] {
  const { number, state, name, wantedBytes, totalBytes, downloadRate, uploadRate, ratio, leftMs, labels } = transfer;
  const size = wantedBytes || totalBytes;
  const tags = labels.length === 0 ? '' : `  [${labels.join(', ')}]`;
  return [
    String(number),
    state,
    percentOf(transfer),
    size === 0 ? NOTHING : formatBytes(size),
    rate(downloadRate),
    rate(uploadRate),
    ratio.toFixed(2),
    leftMs === null ? NOTHING : formatSeconds(leftMs / 1000),
    `${name}${tags}`,
  ];
}

export function percentOf({ state, wantedBytes, haveBytes, checkedBytes }: TransferView): string {
  if (wantedBytes === 0) return NOTHING;
  return `${Math.floor(((state === 'checking' ? checkedBytes : haveBytes) / wantedBytes) * 100)}%`;
}

function rate(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? NOTHING : formatRate(bytesPerSecond);
}

export function totalsLine({ transfers, peers, downloadRate, uploadRate }: NodeTotals): string {
  return `${plural(transfers, 'transfer')}, ${plural(peers, 'peer')}, ↓ ${formatRate(downloadRate)}, ↑ ${formatRate(uploadRate)}`;
}

/** One transfer in one line, for a progress line or a log on a terminal. */
export function transferLine(transfer: TransferView): string {
  const { name, state, wantedBytes, haveBytes, downloadRate, uploadRate, peers, leftMs, uploadedBytes } = transfer;
  switch (state) {
    case 'metadata':
      return `${name}: looking for peers that know it (${plural(peers, 'peer')})`;
    case 'downloading': {
      const left = leftMs === null ? '' : `, ${formatSeconds(leftMs / 1000)} left`;
      return `${name}: ${formatBytes(haveBytes)} of ${formatBytes(wantedBytes)}, ${formatRate(downloadRate)} from ${plural(peers, 'peer')}${left}`;
    }
    case 'seeding':
      return `${name}: sharing with ${plural(peers, 'peer')}, ${formatRate(uploadRate)}, ${formatBytes(uploadedBytes)} sent`;
    case 'no-room': {
      const { neededBytes, freeBytes } = transfer.shortage ?? { neededBytes: 0, freeBytes: 0 };
      return `${name}: waits for room on the disk: it needs ${formatBytes(neededBytes)}, there are ${formatBytes(freeBytes)}`;
    }
    default:
      return `${name}: ${STATE_WORDS[state]}`;
  }
}

export function detailLines(transfer: TransferDetail): string[] {
  const { infoHashV2, problem, wantedBytes, totalBytes, haveBytes, pieces, trackers, labels, peers, seeds, candidates } = transfer;
  const rows: (readonly [string, string])[] = [
    ['name', transfer.name],
    ['state', [...new Set([transfer.state, STATE_WORDS[transfer.state]])].join(': ')],
    ...(problem === null ? [] : [['problem', `${problem.message} ${problem.why} ${problem.next}`.trim()] as const]),
    ['info-hash', transfer.infoHash],
    ...(infoHashV2 === null ? [] : [['and of v2', infoHashV2] as const]),
    ['saved as', transfer.path],
    ...(transfer.goesTo === null ? [] : [['goes to', transfer.goesTo] as const]),
    ['size', wantedBytes === totalBytes ? formatBytes(totalBytes) : `${formatBytes(totalBytes)}, ${formatBytes(wantedBytes)} wanted`],
    ['there', `${formatBytes(haveBytes)} (${percentOf(transfer)})`],
    ...(pieces === null ? [] : [['pieces', `${pieces.have} of ${pieces.count} × ${formatPieceBytes(pieces.bytes)}`] as const]),
    ['came', `${formatBytes(transfer.downloadedBytes)}, ${formatRate(transfer.downloadRate)}${limit(transfer.downloadRateMax)}`],
    ['went', `${formatBytes(transfer.uploadedBytes)}, ${formatRate(transfer.uploadRate)}${limit(transfer.uploadRateMax)}`],
    ['ratio', `${transfer.ratio.toFixed(2)}${endOf(transfer)}`],
    ['peers', `${peers}, ${seeds} of them with everything, ${candidates} more known`],
    ...(labels.length === 0 ? [] : [['labels', labels.join(', ')] as const]),
    ['added', timeOf(transfer.addedAtMs)],
    ...(transfer.completedAtMs === null ? [] : [['complete', timeOf(transfer.completedAtMs)] as const]),
    ...trackers.map(({ url, state, message, seeders, leechers }) => {
      const said = message === '' ? (state === 'working' ? `, ${seeders} have it, ${leechers} fetch it` : '') : `: ${message}`;
      return ['tracker', `${url} ${state}${said}`] as const;
    }),
    ...transfer.webSeedList.map(({ url, state, message }) => ['web seed', `${url} ${state} ${message}`.trim()] as const),
    ...transfer.lastGone.map((words) => ['peer gone', words] as const),
    ['link', transfer.link],
  ];
  return rows.map(([label, value]) => `${label.padEnd(10)} ${value}`);
}

export function filesLines(files: readonly FileView[]): string[] {
  const rows = files.map(({ number, path, bytes, haveBytes, priority }) => [
    String(number),
    formatBytes(bytes),
    bytes === 0 ? '100%' : `${Math.floor((haveBytes / bytes) * 100)}%`,
    priority,
    path,
  ]);
  return aligned(rows, [true, true, true, false, false]);
}

function limit(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? '' : `, at most ${formatRate(bytesPerSecond)}`;
}

function endOf({ seedRatio, seedMinutes }: TransferDetail): string {
  const ratio = seedRatio === null || seedRatio === 0 ? '' : `, until ${seedRatio}`;
  return seedMinutes === null || seedMinutes === 0 ? ratio : `${ratio}, for ${seedMinutes} min`;
}

function timeOf(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

function aligned(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (right[column] === true ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number)))
      .join('  ')
      .trimEnd(),
  );
}
