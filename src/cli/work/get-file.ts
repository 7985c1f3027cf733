/** The work of `kith get` for a file that is known by its hashes: by the running node, or here, from whoever has it on all networks. Owns what it opened. */

import { Failure } from '../../node/failure.ts';
import type { FetchMaker, FetchProgress, FetchResult, FileFetch } from '../../node/files/file-fetch.ts';
import { openFetches } from '../../node/files/open-fetches.ts';
import { makeFolder } from '../../node/make-folder.ts';
import { formatBytes, formatRate, formatSeconds, plural } from '../../node/quantity.ts';
import type { FetchView } from '../../node/search/fetch-view.ts';
import type { FileWish } from '../../node/search/file-wish.ts';
import { callBacksBy, HolderHunt, pushedWay } from '../../node/search/holder-hunt.ts';
import { SEARCH_NETWORKS } from '../../node/search/networks.ts';
import { hasWayIn, RunningNetworks } from '../../node/search/running-networks.ts';
import type { SearchOperations } from '../../node/search/search-operations.ts';
import { SHARES_NOTHING } from '../../node/search/shares-nothing.ts';
import type { SearchNetwork } from '../../node/search/search-network.ts';
import { VERIFICATION_WORDS } from '../../node/state-words.ts';
import { type SizedWish, sizedWish } from '../../node/search/sized-wish.ts';
import type { Call } from '../cli.ts';
import { fetchWord } from '../fetch-lines.ts';
import { commandLine, follow, interrupted, programWord } from '../follow.ts';
import { Patience } from '../patience.ts';
import type { GetOptions } from './get-content.ts';
import { findNode } from './running-node.ts';

const LOOK_MS = 500;
/** A JSON event for progress comes no more often than this. */
const PROGRESS_EVENT_MS = 1_000;

/** What a progress line is made of, whoever fetches. */
type Look = Pick<FetchView, 'name' | 'bytes' | 'haveBytes' | 'downloadRate' | 'state' | 'holders' | 'sending'>;

export async function getFile(call: Call, link: string, wish: FileWish, options: GetOptions, ownSession: boolean): Promise<void> {
  const inapplicable = (['list', 'only', 'filePriority', 'seed', 'seedRatio'] as const).find((name) => options[name] !== undefined);
  if (inapplicable !== undefined) {
    const flag = inapplicable.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new Failure('usage', `There is no --${flag} here.`, 'What is fetched is a single file, no torrent.', 'Leave it out.');
  }
  const folder = call.settings.get('get.folder');
  const node = options.alone === true || ownSession ? null : await findNode(call, call.interruption.signal);
  if (node !== null) return getByNode(call, node.search, link, folder, options.add === true);
  if (options.add === true) {
    throw new Failure('unreachable', 'The node is not running.', 'Only a running node goes on by itself.', `Start it: ${programWord()} up`);
  }
  await getHere(call, wish, folder);
}

async function getByNode(call: Call, search: SearchOperations, link: string, folder: string, addsOnly: boolean): Promise<void> {
  const { console } = call;
  const added = await search.get({ link }, folder);
  console.event('added', { fetch: added });
  if (addsOnly) {
    console.say(`The node fetches ${added.name}. How far it is: ${programWord()} ls`);
    console.result(fetchWord(added));
    return;
  }
  const progress = new Progress(call);
  let view = added;
  const waiting = (async () => {
    while (view.state !== 'done' && view.state !== 'failed' && !call.interruption.happened) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      view = (await search.fetches()).find(({ id }) => id === added.id) ?? { ...view, state: 'stopped' };
      if (view.state === 'stopped') throw new Failure('interrupted', `${view.name} was taken out of the list.`, '', '');
    }
  })();
  if (!(await follow(call, waiting, () => progress.show(view)))) {
    throw interrupted('This command has stopped; the node goes on.', `To see it through: ${commandLine()}`);
  }
  const { problem, path } = view;
  if (problem !== null) throw new Failure(problem.kind, problem.message, problem.why, problem.next);
  sayDone(call, view.name, view.bytes, path ?? '', null);
}

async function getHere(call: Call, wish: FileWish, folder: string): Promise<void> {
  makeFolder(folder, `The folder ${folder} cannot be used.`);
  const entries = SEARCH_NETWORKS.filter((entry) => hasWayIn(call, entry) || wish.hits.some(({ network }) => network === entry.name));
  if (entries.length === 0 && wish.sources.length === 0) throw nobodyToAsk(wish);
  const networks = entries.length === 0 ? null : await RunningNetworks.open(call, entries, { shared: SHARES_NOTHING, passing: true });
  try {
    const running = networks?.networks ?? [];
    const sized = await sizedWish(wish, running, call.interruption.signal).catch((error: unknown) => {
      throw call.interruption.happened ? interrupted('Stopped.', '') : error;
    });
    const maker = await openFetches(call, null);
    try {
      await fetchFrom(call, sized, folder, maker, running);
    } finally {
      await maker.close();
    }
  } finally {
    await networks?.close();
  }
}

async function fetchFrom(
  call: Call,
  wish: SizedWish,
  folder: string,
  maker: FetchMaker,
  networks: readonly SearchNetwork[],
): Promise<void> {
  const { name, bytes, hashes, hits, sources } = wish;
  const wanted = { bytes, hashes };
  const ways = sources.map((url) => maker.webWay(url)).filter((way) => way !== null);
  const fetch = maker.fetch({
    wanted,
    name,
    folder,
    ways,
    callBacks: callBacksBy(() => networks),
    pushedWay: (alternate) => pushedWay(networks, wanted, alternate),
  });
  const hunt = new HolderHunt(wanted, fetch, () => networks, hits);
  try {
    const result = await followed(call, name, fetch);
    sayDone(call, name, bytes, result.path, result);
  } finally {
    hunt.stop();
    await fetch.stop();
  }
}

/** Resolves when it is whole. Throws a Failure, also when nothing came for too long. */
async function followed(call: Call, name: string, fetch: FileFetch): Promise<FetchResult> {
  const progress = new Progress(call);
  const patience = new Patience(call.settings.get('get.timeout'), performance.now());
  const look = (): void => {
    const now = fetch.progress;
    const { state, bytes, bytesDone, bytesPerSecond, holders } = now;
    const sending = holders.filter((holder) => holder.bytesPerSecond > 0).length;
    progress.show({ name, bytes, haveBytes: bytesDone, downloadRate: bytesPerSecond, state, holders: holders.length, sending });
    if (patience.isOver(`${state} ${bytesDone} ${holders.map((holder) => holder.bytes).join()}`, performance.now()))
      throw stalled(call, name, now);
  };
  let result: FetchResult | null = null;
  const done = fetch.done.then((value) => {
    result = value;
  });
  if (await follow(call, done, look)) {
    // It has settled without an error.
    return result as unknown as FetchResult;
  }
  throw interrupted('Stopped; what has come is kept.', `To go on: ${commandLine()}`);
}

function stalled(call: Call, name: string, { bytes, bytesDone, holders }: FetchProgress): Failure {
  const waited = `Nothing came for ${formatSeconds(call.settings.get('get.timeout'))}.`;
  const why = [waited, ...holders.map((holder) => `${holder.name}: ${holder.state}`)].join('\n  ');
  if (bytesDone > 0) {
    const have = `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`;
    return new Failure('incomplete', `${name} is not complete: ${have}.`, why, `To go on from there: ${commandLine()}`);
  }
  if (holders.length > 0)
    return new Failure('timed-out', `${name}: nobody has sent anything.`, why, 'Try again later, or wait longer with --timeout.');
  return new Failure('unreachable', `${name}: nobody was found who has it.`, why, 'Try again later, or wait longer with --timeout.');
}

/** The line, and now and then an event. */
class Progress {
  readonly #call: Call;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(call: Call) {
    this.#call = call;
  }

  show(look: Look): void {
    const { console } = this.#call;
    const { name, bytes, haveBytes, downloadRate, state, holders, sending } = look;
    const amount = `${formatBytes(haveBytes)} of ${formatBytes(bytes)}`;
    const from = holders === 0 ? 'looking for holders' : `${formatRate(downloadRate)} from ${sending} of ${plural(holders, 'holder')}`;
    console.progress.show(
      state === 'checking' ? `${name}: checking` : `${name}: ${amount}, ${from}`,
      bytes === 0 ? null : haveBytes / bytes,
    );
    if (performance.now() - this.#toldAt < PROGRESS_EVENT_MS) return;
    this.#toldAt = performance.now();
    console.event('progress', { ...look });
  }
}

function sayDone({ console }: Call, name: string, bytes: number, path: string, result: FetchResult | null): void {
  const trust = result === null ? '' : `; ${VERIFICATION_WORDS[result.verification]}`;
  if (result?.verification === 'nothing' || result?.verification === 'sample')
    console.warn(`${name}: ${VERIFICATION_WORDS[result.verification]}.`);
  console.say(`${name}: ${formatBytes(bytes)}${trust}.`);
  console.event('done', { path, name, bytes, verification: result?.verification ?? null });
  console.result(path);
}

function nobodyToAsk({ name }: FileWish): Failure {
  return new Failure(
    'unreachable',
    `There is nobody to ask for ${name}.`,
    'No search network is known: nobody is remembered from an earlier run, and the settings name nobody to begin at.',
    'Set networks.introducers, or a member such as gnutella.hosts.',
  );
}
