/** What remotes do with torrents: torrent-get, -add, -set and the rest, as operations of the node. Owns no state. */

import { Failure } from '../../failure.ts';
import type { AddOptions, AddSource, NodeOperations, QueueMove, TransferChanges } from '../../node-operations.ts';
import type { FilePriority, TransferView } from '../../node-view.ts';
import { remoteFolder, remoteLink } from '../remote-wishes.ts';
import type { Arguments, Json } from './arguments.ts';
import { RpcProblem } from './rpc-problem.ts';
import type { RpcSession } from './session-fields.ts';
import { FIELD_NAMES, fieldOf, needsDetail } from './torrent-fields.ts';
import type { TorrentNumbers } from './torrent-numbers.ts';

const FIELDS_MAX = 200;
/** A move answers by then at the latest, as in Transmission; the files are on their way. */
const MOVE_MS_MAX = 2_000;

export interface MethodContext {
  readonly node: NodeOperations;
  readonly numbers: TorrentNumbers;
  readonly wanted: Arguments;
  readonly session: RpcSession;
}

export async function getTorrents({ node, numbers, wanted }: MethodContext): Promise<Json> {
  const fields = wanted.texts('fields') ?? [];
  if (fields.length === 0 || fields.length > FIELDS_MAX) throw new RpcProblem(`fields: expected 1 to ${FIELDS_MAX} names`);
  const views = await chosen({ node, numbers, wanted });
  const known = fields.filter((name) => FIELD_NAMES.includes(name));
  const rows: Record<string, unknown>[] = [];
  for (const view of views) {
    // One after the other: what is told of a moment is one moment per torrent.
    const detail = needsDetail(known, view) ? await node.info(view.infoHash).catch(goneIsNull) : null;
    if (detail === null && needsDetail(known, view)) continue;
    const source = { id: numbers.idOf(view.infoHash), view, detail, numbers };
    rows.push(Object.fromEntries(known.map((name) => [name, fieldOf(name, source)])));
  }
  const torrents = wanted.text('format') === 'table' ? [known, ...rows.map((row) => Object.values(row))] : rows;
  return { torrents, ...(wanted.raw('ids') === 'recently-active' && { removed: numbers.recentlyRemoved() }) };
}

/** By number, by hash, or all; who is unknown is left out, as in Transmission. */
export async function chosen({
  node,
  numbers,
  wanted,
}: Pick<MethodContext, 'node' | 'numbers' | 'wanted'>): Promise<readonly TransferView[]> {
  const views = await node.list();
  // Numbers are given in the order of the list, to whoever is first seen here.
  const byId = new Map(views.map((view) => [numbers.idOf(view.infoHash), view]));
  const ids = wanted.raw('ids');
  if (ids === undefined || ids === null) return views;
  if (ids === 'recently-active') return views.filter((view) => numbers.isRecent(view));
  const list = typeof ids === 'number' || typeof ids === 'string' ? [ids] : (wanted.list('ids') ?? []);
  const byHash = new Map(views.map((view) => [view.infoHash, view]));
  const found = list.map((id) =>
    typeof id === 'number' ? byId.get(id) : typeof id === 'string' ? byHash.get(id.toLowerCase()) : undefined,
  );
  return [...new Set(found.filter((view) => view !== undefined))];
}

export async function addTorrent({ node, numbers, wanted, session }: MethodContext): Promise<Json> {
  const folder = wanted.text('download-dir');
  const only = wanted.files('files-wanted');
  const options: AddOptions = {
    ...(folder !== null && folder !== '' && { folder: await remoteFolder(node, folder) }),
    ...(only !== null && only.length > 0 && { only }),
    ...(wanted.has('labels') && { labels: wanted.texts('labels') ?? [] }),
    ...(wanted.flag('sequential_download') === true && { sequential: true }),
    paused: wanted.flag('paused') ?? !session.startsAdded,
  };
  const { transfer, already } = await node.add(sourceOf(wanted), options);
  const { infoHash, name } = transfer;
  if (!already) await chooseFiles(node, infoHash, wanted, ['files-unwanted', 'priority-high', 'priority-normal', 'priority-low']);
  return { [already ? 'torrent-duplicate' : 'torrent-added']: { id: numbers.idOf(infoHash), hashString: infoHash, name } };
}

function sourceOf(wanted: Arguments): AddSource {
  const metainfo = wanted.text('metainfo');
  if (metainfo !== null) return { metainfo: new Uint8Array(Buffer.from(metainfo, 'base64')) };
  const filename = wanted.text('filename');
  if (filename !== null) return { link: remoteLink(filename) };
  throw new RpcProblem('expected a filename or metainfo');
}

export async function setTorrents(context: MethodContext): Promise<Json> {
  const { node, numbers, wanted } = context;
  const refused = ['trackerAdd', 'trackerRemove', 'trackerReplace', 'trackerList', 'location', 'group'].filter((name) => wanted.has(name));
  if (refused.length > 0) throw new RpcProblem(`not supported: ${refused.join(', ')}`);
  for (const view of await chosen(context)) {
    const { infoHash } = view;
    const changes = changesOf(view, numbers, wanted);
    // One after the other: an error tells which were not reached.
    if (Object.keys(changes).length > 0) await node.change(infoHash, changes);
    await chooseFiles(node, infoHash, wanted, Object.keys(FILE_LISTS));
    const position = wanted.number('queuePosition');
    if (position !== null) await node.reorder(infoHash, Math.max(0, Math.round(position)));
  }
  return {};
}

const FILE_LISTS: Readonly<Record<string, FilePriority>> = {
  'files-wanted': 'normal',
  'files-unwanted': 'skip',
  'priority-normal': 'normal',
  'priority-low': 'low',
  'priority-high': 'high',
};

/** An empty list means all files. To want a file that is wanted already changes nothing of its priority. */
async function chooseFiles(node: NodeOperations, infoHash: string, wanted: Arguments, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const list = wanted.files(name);
    if (list === null) continue;
    // One after the other: the later ones build on the earlier.
    const { files } = await node.info(infoHash);
    const indices = list.length === 0 ? files.map(({ number }) => number - 1) : list;
    const isSkipped = new Set(files.filter(({ priority }) => priority === 'skip').map(({ number }) => number - 1));
    const concerned = name === 'files-wanted' ? indices.filter((index) => isSkipped.has(index)) : indices;
    if (concerned.length > 0) await node.prioritize(infoHash, concerned, FILE_LISTS[name] as FilePriority);
  }
}

function changesOf(view: TransferView, numbers: TorrentNumbers, wanted: Arguments): TransferChanges {
  const limits = numbers.limitsOf(view.infoHash);
  const rateOf = (side: 'up' | 'down', present: number): number | null => {
    const limitName = side === 'up' ? 'uploadLimit' : 'downloadLimit';
    const switchName = side === 'up' ? 'uploadLimited' : 'downloadLimited';
    if (!wanted.has(limitName) && !wanted.has(switchName)) return null;
    if (present > 0) limits[side] = Math.round(present / 1000);
    limits[side] = Math.max(0, Math.round(wanted.number(limitName) ?? limits[side]));
    return (wanted.flag(switchName) ?? present > 0) ? limits[side] * 1000 : 0;
  };
  const uploadRateMax = rateOf('up', view.uploadRateMax);
  const downloadRateMax = rateOf('down', view.downloadRateMax);
  const seedRatio = endOf(wanted, 'seedRatio', view.seedRatio);
  const seedMinutes = endOf(wanted, 'seedIdle', view.seedMinutes);
  return {
    ...(uploadRateMax !== null && { uploadRateMax }),
    ...(downloadRateMax !== null && { downloadRateMax }),
    ...(seedRatio !== undefined && { seedRatio }),
    ...(seedMinutes !== undefined && { seedMinutes }),
    ...(wanted.has('labels') && { labels: wanted.texts('labels') ?? [] }),
    ...(wanted.has('sequential_download') && { sequential: wanted.flag('sequential_download') === true }),
  };
}

/** Mode 0: as the session says. 1: the limit of the torrent. 2: without end. A limit alone is one that is meant. */
function endOf(wanted: Arguments, name: 'seedRatio' | 'seedIdle', present: number | null): number | null | undefined {
  const mode = wanted.number(`${name}Mode`);
  const limit = wanted.number(`${name}Limit`);
  if (mode === 0) return null;
  if (mode === 2) return 0;
  if (mode === 1) return limit ?? present ?? 0;
  return limit ?? undefined;
}

export async function removeTorrents(context: MethodContext): Promise<Json> {
  const { node, wanted } = context;
  const data = wanted.flag('delete-local-data') === true;
  // To leave out the ids means all, which nobody shall do by a mistake.
  if (!wanted.has('ids')) throw new RpcProblem('ids: expected, to remove torrents');
  await each(await chosen(context), ({ infoHash }) => node.remove(infoHash, data));
  return {};
}

export async function setLocation(context: MethodContext): Promise<Json> {
  const { node, wanted } = context;
  const folder = await remoteFolder(node, wanted.text('location') ?? '');
  if (wanted.flag('move') !== true) throw new RpcProblem('move: kith finds no files elsewhere, it moves them');
  await each(await chosen(context), async ({ infoHash }) => {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, MOVE_MS_MAX);
    const moved = node.move(infoHash, folder);
    // Whoever looks later sees where the files are.
    moved.catch(() => undefined);
    await Promise.race([moved, late.promise]).finally(() => clearTimeout(timer));
  });
  return {};
}

/** The same for each that is chosen. */
export function eachOf(act: (node: NodeOperations, infoHash: string) => Promise<unknown>) {
  return async (context: MethodContext): Promise<Json> => {
    await each(await chosen(context), ({ infoHash }) => act(context.node, infoHash));
    return {};
  };
}

/** Several keep their order among themselves. */
export function reorderBy(to: QueueMove) {
  return async (context: MethodContext): Promise<Json> => {
    const views = (await chosen(context)).toSorted((a, b) => a.number - b.number);
    const inTurn = to === 'top' || to === 'down' ? views.toReversed() : views;
    await each(inTurn, ({ infoHash }) => context.node.reorder(infoHash, to));
    return {};
  };
}

async function each(views: readonly TransferView[], act: (view: TransferView) => Promise<unknown>): Promise<void> {
  // One after the other: an error tells which were not reached.
  for (const view of views) await act(view);
}

function goneIsNull(error: unknown): null {
  if (error instanceof Failure && error.kind === 'not-found') return null;
  throw error;
}
