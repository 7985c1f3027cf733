/** A file that the node fetches by its hashes, as a line and as the word by which people name it; owns no state. */

import { formatBytes, formatPieceBytes, formatRate, formatSeconds, plural } from '../node/quantity.ts';
import type { FetchDetail, FetchView } from '../node/search/fetch-view.ts';
import { FETCH_STATE_WORDS, VERDICT_WORDS, VERIFICATION_WORDS } from '../node/state-words.ts';

/** Behind an f: plain numbers are those of transfers. */
export function fetchWord({ id }: Pick<FetchView, 'id'>): string {
  return `f${id}`;
}

/** Null for a word that names no fetch. */
export function fetchIdOf(word: string): number | null {
  return /^f\d{1,9}$/i.test(word) ? Number(word.slice(1)) : null;
}

export function fetchLine(view: FetchView): string {
  const { name, bytes, haveBytes, downloadRate, state, holders, sending, path, problem } = view;
  const size = formatBytes(bytes);
  const how = {
    opening: 'opening',
    moving: `${formatBytes(haveBytes)}, ${formatRate(downloadRate)} from ${sending} of ${plural(holders, 'holder')}`,
    waiting: `${formatBytes(haveBytes)}, ${holders === 0 ? 'looking for holders' : `waits for ${plural(holders, 'holder')}`}`,
    checking: 'checking',
    done: path ?? 'done',
    failed: `failed: ${problem?.message ?? ''}`,
    stopped: 'stopped',
    paused: `${formatBytes(haveBytes)}, paused`,
  }[state];
  return `${fetchWord(view)}  ${name}  ${size}  ${how}`;
}

export function fetchDetailLines(fetch: FetchDetail): string[] {
  const { bytes, haveBytes, problem, verdict, verification, networks, pieces, againInMs, checksParts } = fetch;
  const rows: (readonly [string, string])[] = [
    ['name', fetch.name],
    ['state', [...new Set([fetch.state, FETCH_STATE_WORDS[fetch.state]])].join(': ')],
    ...(problem === null ? [] : [['problem', `${problem.message} ${problem.why} ${problem.next}`.trim()] as const]),
    ...(verdict === null ? [] : [['verdict', `${verdict}: ${VERDICT_WORDS[verdict]}`] as const]),
    ...(verification === null ? [] : [['checked', VERIFICATION_WORDS[verification]] as const]),
    ['saved as', fetch.path ?? fetch.partPath],
    ['size', formatBytes(bytes)],
    ['there', `${formatBytes(haveBytes)} (${bytes === 0 ? 100 : Math.floor((haveBytes / bytes) * 100)}%)`],
    ...(pieces === null ? [] : [['parts', partsText(pieces, checksParts)] as const]),
    ['came', formatRate(fetch.downloadRate)],
    ...Object.entries(fetch.hashes).flatMap(([kind, hash]) => (hash === null ? [] : [[kind, hash] as const])),
    ['holders', `${fetch.holders}, ${fetch.sending} of them ${fetch.sending === 1 ? 'sends' : 'send'}`],
    ...networks.map(({ network, holders }) => ['on', `${network} (${plural(holders, 'holder')})`] as const),
    ...fetch.holderList.map(
      ({ name, state, bytes: came }) => ['holder', `${name}: ${state}${came === 0 ? '' : `, ${formatBytes(came)} came`}`] as const,
    ),
    ...(againInMs === null
      ? []
      : [['networks', againInMs === 0 ? 'are being asked' : `asked again in ${formatSeconds(againInMs / 1000)}`] as const]),
    ...(fetch.link === '' ? [] : [['link', fetch.link] as const]),
  ];
  return rows.map(([label, value]) => `${label.padEnd(10)} ${value}`);
}

function partsText({ have, count, bytes }: NonNullable<FetchDetail['pieces']>, isChecked: boolean): string {
  return `${have} of ${count} × ${formatPieceBytes(bytes)}, ${isChecked ? 'each checked by the hash tree' : 'checked when all are there'}`;
}
