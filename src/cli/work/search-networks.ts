/** The work of `kith search`: has the running node search, or joins the networks for the time of the search; shows rows as they come. Owns what it opened. */

import { formatEndpoint } from '../../core/endpoint.ts';
import { Failure } from '../../node/failure.ts';
import { formatBytes, formatSeconds, plural } from '../../node/quantity.ts';
import { SEARCH_NETWORKS, type SearchNetworkEntry, searchNetworksOf } from '../../node/search/networks.ts';
import { LastSearch } from '../../node/search/last-search.ts';
import { hasWayIn, RunningNetworks } from '../../node/search/running-networks.ts';
import { hitsOf, type SearchChange, type SearchRowView, type SearchView } from '../../node/search/search-view.ts';
import { BROWSED_MAX, type SearchAsk } from '../../node/search/search-wish.ts';
import { Searches } from '../../node/search/searches.ts';
import { SHARES_NOTHING } from '../../node/search/shares-nothing.ts';
import type { MediaKind } from '../../wire/shared-file.ts';
import type { Call } from '../cli.ts';
import { follow, interrupted, programWord } from '../follow.ts';
import { findNode } from './running-node.ts';

export interface SearchFlags {
  readonly in?: string;
  readonly not?: readonly string[];
  readonly hash?: readonly string[];
  readonly browse?: string;
  readonly kind?: MediaKind;
  readonly minSize?: number;
  readonly maxSize?: number;
  readonly minBitrate?: number;
  readonly maxBitrate?: number;
  /** Seconds. */
  readonly wait?: number;
  readonly enough?: number;
  readonly ranked?: true;
  readonly alone?: true;
}

/** `isOwn`: something is wished that a running node could not do. */
export async function searchNetworks(call: Call, words: readonly string[], flags: SearchFlags, isOwn: boolean): Promise<void> {
  const chosen = flags.in === undefined ? null : searchNetworksOf(flags.in);
  const browse = flags.browse === undefined ? [] : browsed(call, flags.browse);
  const ask = askOf(words, flags, chosen, browse);
  const byNode = flags.alone === true || isOwn ? null : await nodeSearch(call, ask, chosen);
  await (byNode ?? ownSearch)(call, ask, chosen, new Shown(call, flags.ranked === true));
}

type Carry = (call: Call, ask: SearchAsk, chosen: readonly SearchNetworkEntry[] | null, shown: Shown) => Promise<void>;

/** Null when no node runs, or it takes part in no network that is meant. */
async function nodeSearch(call: Call, ask: SearchAsk, chosen: readonly SearchNetworkEntry[] | null): Promise<Carry | null> {
  const node = await findNode(call);
  if (node === null) return null;
  const running = (await node.search.networks()).map(({ network }) => network);
  const meant = chosen?.map(({ name }) => name) ?? running;
  if (meant.length === 0 || !meant.every((name) => running.includes(name))) return null;
  return async (_call, _ask, _chosen, shown) => {
    const { id } = await node.search.start(ask);
    const patient = await findNode(call, call.interruption.signal);
    if (patient === null) throw new Failure('unreachable', 'The node has just stopped.', '', 'Run the same command again.');
    const { signal } = call.interruption;
    await look(call, patient.search.follow(id, 0, signal), shown, async () => {
      // The signal that ended the waiting would end this question too.
      await (await findNode(call))?.search.stop(id);
    });
  };
}

async function ownSearch(call: Call, ask: SearchAsk, chosen: readonly SearchNetworkEntry[] | null, shown: Shown): Promise<void> {
  const entries = chosen ?? used(call);
  const networks = await RunningNetworks.open(call, entries, { shared: SHARES_NOTHING, passing: true });
  const searches = new Searches(call.settings.folders.state, () => networks.networks);
  try {
    const { id } = searches.start(ask);
    await look(call, searches.room(id).follow(0, call.interruption.signal), shown, async () => void searches.stop(id));
  } finally {
    searches.close();
    await networks.close();
  }
}

/** Those that the settings choose, or all to which there is a way. */
function used(call: Call): readonly SearchNetworkEntry[] {
  const named = searchNetworksOf(call.settings.get('networks.use'));
  const entries = (named.length > 0 ? named : SEARCH_NETWORKS).filter((entry) => hasWayIn(call, entry));
  if (entries.length > 0) return entries;
  const hosts = SEARCH_NETWORKS.map(({ hostsSetting }) => hostsSetting).join(', ');
  throw new Failure(
    'unreachable',
    'No search network is known.',
    'Nobody is remembered from an earlier run, and the settings name nobody to begin at.',
    `Name an introducer (--introducer URL), or a member by a setting: ${hosts}`,
  );
}

/** Shows what comes until the end. Throws a Failure where nothing did. */
async function look(call: Call, changes: AsyncIterable<SearchChange>, shown: Shown, stop: () => Promise<void>): Promise<void> {
  const following = (async () => {
    for await (const change of changes) shown.take(change);
  })();
  const isWhole = await follow(call, following, () => shown.showProgress());
  if (!isWhole || shown.search?.state !== 'ended') {
    await stop();
    shown.finish();
    throw interrupted('Stopped.', shown.count === 0 ? '' : `What was found is kept: ${programWord()} get NUMBER`);
  }
  shown.finish();
  const { search } = shown;
  if (shown.count > 0) return;
  if (search.networks.every(({ state }) => state === 'waiting')) {
    const names = search.networks.map(({ network }) => network).join(', ');
    const why = `There was nobody to ask on ${names} within ${formatSeconds(search.tookMs / 1000)}.`;
    throw new Failure(
      'unreachable',
      'No search network could be reached.',
      why,
      'Check your network, or name another member or introducer.',
    );
  }
  throw new Failure(
    'not-found',
    `Nothing was found for “${search.text}”.`,
    networksText(search),
    'Take fewer or other words, or wait longer: --wait 1m',
  );
}

/** The rows that were seen, and what of them has been said. */
class Shown {
  search: SearchView | null = null;
  readonly #call: Call;
  readonly #ranked: boolean;
  readonly #rows = new Map<number, SearchRowView>();

  constructor(call: Call, ranked: boolean) {
    this.#call = call;
    this.#ranked = ranked;
  }

  get count(): number {
    return this.#rows.size;
  }

  take({ search, rows, joined }: SearchChange): void {
    const { console } = this.#call;
    this.search = search;
    for (const row of rows) {
      console.event('row', { ...row });
      const isNew = !this.#rows.has(row.number);
      this.#rows.set(row.number, row);
      if (isNew && !this.#ranked) console.result(lineOf(row));
    }
    for (const { number, into } of joined) {
      if (!this.#rows.delete(number)) continue;
      console.event('joined', { number, into });
      if (!this.#ranked) console.say(console.dim(`${number} is the same file as ${into}.`));
    }
  }

  showProgress(): void {
    const { search } = this;
    if (search === null) return;
    this.#call.console.progress.show(`${plural(search.rows, 'row')}; ${networksText(search)}`, null);
  }

  finish(): void {
    const { console } = this.#call;
    const { search } = this;
    if (search === null) return;
    console.progress.clear();
    console.event('end', { ...search });
    const ranked = [...this.#rows.values()].sort((a, b) => b.holders - a.holders || b.free - a.free || a.number - b.number);
    if (this.#ranked) for (const row of ranked) console.result(lineOf(row));
    if (ranked.length === 0) return;
    console.say(
      console.dim(`${plural(ranked.length, 'row')} in ${formatSeconds(search.tookMs / 1000)}; ${networksText(search)}. ${search.why}`),
    );
    const [best] = ranked as [SearchRowView];
    console.say(`Most have ${best.number} (${plural(best.holders, 'holder')}). To fetch it: ${programWord()} get ${best.number}`);
  }
}

/** The holders of a row of the last search, or the one who is named. */
function browsed(call: Call, who: string): readonly string[] {
  if (!/^\d{1,6}$/.test(who)) return [who];
  const row = new LastSearch(call.settings.folders.state).row(Number(who));
  const names = hitsOf(row).flatMap(({ network, holder }) => {
    if (network === 'napster') return [holder.id];
    return network === 'gnutella' && holder.endpoint !== null ? [formatEndpoint(holder.endpoint)] : [];
  });
  const holders = [...new Set(names)].slice(0, BROWSED_MAX);
  if (holders.length > 0) return holders;
  throw new Failure(
    'unreachable',
    `None of those who have ${row.name} can be looked at.`,
    'Users of Napster can, and servents of Gnutella that can be dialled.',
    '',
  );
}

function askOf(
  words: readonly string[],
  flags: SearchFlags,
  chosen: readonly SearchNetworkEntry[] | null,
  browse: readonly string[],
): SearchAsk {
  const unwanted = (flags.not ?? []).flatMap((text) => text.split(/\s+/).filter((word) => word !== ''));
  return {
    words: [...words, ...unwanted.map((word) => `-${word}`)].join(' '),
    ...(flags.hash !== undefined && { urns: flags.hash }),
    ...(browse.length > 0 && { browse }),
    ...(flags.kind !== undefined && { kind: flags.kind }),
    ...(flags.minSize !== undefined && { bytesMin: flags.minSize }),
    ...(flags.maxSize !== undefined && { bytesMax: flags.maxSize }),
    ...(flags.minBitrate !== undefined && { bitRateMin: flags.minBitrate }),
    ...(flags.maxBitrate !== undefined && { bitRateMax: flags.maxBitrate }),
    ...(chosen !== null && { networks: chosen.map(({ name }) => name) }),
    ...(flags.wait !== undefined && { waitMs: flags.wait * 1000 }),
    ...(flags.enough !== undefined && { enough: flags.enough }),
  };
}

const NUMBER_CELLS = 4;
const SIZE_CELLS = 9;

function lineOf({ number, name, bytes, tags, holders, networks }: SearchRowView): string {
  const more = [
    plural(holders, 'holder'),
    networks.map(({ network }) => network).join(' '),
    ...(tags.bitRate > 0 ? [`${tags.bitRate} kbit/s`] : []),
    ...(tags.seconds > 0 ? [formatSeconds(tags.seconds)] : []),
  ];
  return `${String(number).padStart(NUMBER_CELLS)}  ${formatBytes(bytes).padStart(SIZE_CELLS)}  ${name}  (${more.join(', ')})`;
}

function networksText({ networks }: SearchView): string {
  return networks.map(({ network, state, hits }) => `${network}: ${state === 'waiting' ? 'no neighbour' : plural(hits, 'hit')}`).join(', ');
}
