/** What somebody wants added, checked and made a record: nothing of it is in the list or on disk yet. Owns no state. */

import { isAbsolute } from 'node:path';
import { hexOf } from '../../core/hex.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Proxy } from '../../net/proxy.ts';
import { geometryOf, type Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { parseMetainfo } from '../../transfer/bittorrent/parse-metainfo.ts';
import { SELECTED_FILES_MAX } from '../../wire/magnet.ts';
import { Failure } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import type { AddOptions, AddSource, TransferChanges } from '../node-operations.ts';
import { resolvePeer } from '../peer-address.ts';
import { readSource, type Source, sourceOf } from '../source.ts';
import { fileBesideTorrent } from '../search/file-wish.ts';
import { hashesView } from '../search/search-view.ts';
import { newRecord, type TransferRecord } from './transfer-record.ts';

const LABELS_MAX = 32;
const LABEL_CHARS_MAX = 64;
/** Trackers, peers, web seeds: a link holds no more either. */
const ADDRESSES_MAX = 200;
const SEED_RATIO_MAX = 10_000;

export interface NewTransfer {
  readonly record: TransferRecord;
  readonly metainfo: Metainfo | null;
}

/** What the node has to do with it. */
export interface AddContext {
  readonly defaultFolder: string;
  /** Where content lies until it is complete, and where it goes then when nobody says where; '': it stays. */
  readonly incompleteFolder: string;
  readonly completedFolder: string;
  /** Without any tracker or peer there is still somebody to ask. */
  readonly findsPeers: boolean;
  /** Nothing goes around it, no question for a name either. */
  readonly proxy: Proxy | null;
  readonly signal: AbortSignal;
}

/** Rejects with a Failure. */
export async function newTransfer(source: AddSource, options: AddOptions, context: AddContext): Promise<NewTransfer> {
  const { infoHash, infoHashV2, metainfo, name, trackers, peers, webSeeds, selectOnly, magnet } = await read(source, context);
  const beside = fileBesideTorrent(magnet);
  const named = options.folder ?? null;
  const wanted = named ?? context.defaultFolder;
  const completed = options.completedFolder ?? (named === null && context.completedFolder !== '' ? context.completedFolder : wanted);
  const folder = context.incompleteFolder === '' ? wanted : context.incompleteFolder;
  for (const each of [wanted, completed]) {
    if (!isAbsolute(each) || each.includes('\0')) throw wrong('folder', 'the path of a folder from the root on', each);
  }
  const given = {
    trackers: addressesOf(options.trackers, 'tracker', /^(https?|udp|wss?):\/\/[^\s/]+/i),
    webSeeds: addressesOf(options.webSeeds, 'web seed', /^https?:\/\/[^\s/]+/i),
    peers: addressesOf(options.peers, 'peer', /^\S+:\d{1,5}$/),
  };
  // Names may be unknown today; what is no address at all is a mistake.
  await Promise.all(given.peers.map((text) => resolvePeer(text, context.proxy === null)));
  const record = newRecord({
    infoHash: hexOf(infoHash),
    infoHashV2: infoHashV2 === null ? null : hexOf(infoHashV2),
    name: metainfo?.name ?? name ?? hexOf(infoHash),
    location: folder,
    goesTo: completed === folder ? null : completed,
    trackers: [...(metainfo === null ? trackers : []), ...given.trackers.map((url) => [url])],
    peers: [...peers, ...given.peers],
    webSeeds: [...webSeeds, ...given.webSeeds],
    beside: beside === null ? null : { bytes: beside.bytes, hashes: hashesView(beside.hashes) },
    selectOnly: onlyOf(options.only ?? selectOnly, metainfo),
    paused: options.paused === true,
    overwrite: options.overwrite === true,
    totalBytes: metainfo === null ? 0 : geometryOf(metainfo).contentBytes,
    addedAtMs: Date.now(),
    ...checkedChanges(options),
  });
  const sources = record.trackers.length + record.peers.length + record.webSeeds.length + sourcesOf(metainfo);
  if (sources === 0 && !context.findsPeers) {
    throw new Failure(
      'usage',
      'There is nobody to ask.',
      'It names neither a tracker nor a peer.',
      'Name one: --peer IP:PORT, --tracker URL',
    );
  }
  for (const each of [folder, completed]) makeFolder(each, `The folder ${each} cannot be used.`);
  return { record, metainfo };
}

async function read(source: AddSource, { signal, proxy }: AddContext): Promise<Source> {
  if ('source' in source) return source.source;
  if ('link' in source) return readSource(source.link, signal, proxy);
  try {
    return sourceOf(parseMetainfo(source.metainfo));
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new Failure(
      'integrity',
      'That is no .torrent file, or a damaged one.',
      `${error.message}.`,
      'Get it again from where it came from.',
    );
  }
}

function sourcesOf(metainfo: Metainfo | null): number {
  if (metainfo === null) return 0;
  return metainfo.trackers.flat().length + metainfo.webSeeds.length + (metainfo.httpSeeds?.length ?? 0);
}

function onlyOf(only: readonly number[] | null, metainfo: Metainfo | null): readonly number[] | null {
  if (only === null) return null;
  if (only.length > SELECTED_FILES_MAX || !only.every((index) => Number.isSafeInteger(index) && index >= 0)) {
    throw wrong('choice of files', `at most ${SELECTED_FILES_MAX} indices`, only.slice(0, 5));
  }
  const beyond = metainfo === null ? undefined : only.find((index) => index >= metainfo.files.length);
  if (beyond === undefined) return only;
  throw new Failure('usage', `There is no file ${beyond + 1}.`, `The torrent has ${metainfo?.files.length}.`, 'See: kith get --list');
}

function addressesOf(given: readonly string[] | undefined, what: string, pattern: RegExp): readonly string[] {
  const addresses = given ?? [];
  if (addresses.length > ADDRESSES_MAX) throw wrong(`list of ${what}s`, `at most ${ADDRESSES_MAX}`, addresses.length);
  const strange = addresses.find((address) => !pattern.test(address));
  if (strange !== undefined) throw wrong(what, 'an address', strange);
  return addresses;
}

/** Those that are named, each checked. Throws a usage Failure. */
export function checkedChanges(changes: TransferChanges): Partial<TransferRecord> {
  const { labels, sequential, uploadRateMax, downloadRateMax, seedRatio, seedMinutes } = changes;
  return {
    ...(labels !== undefined && { labels: labelsOf(labels) }),
    ...(sequential !== undefined && { sequential }),
    ...(uploadRateMax !== undefined && { uploadRateMax: rateOf(uploadRateMax) }),
    ...(downloadRateMax !== undefined && { downloadRateMax: rateOf(downloadRateMax) }),
    ...(seedRatio !== undefined && { seedRatio: seedRatio === null ? null : ratioOf(seedRatio) }),
    ...(seedMinutes !== undefined && { seedMinutes: seedMinutes === null ? null : rateOf(seedMinutes) }),
  };
}

function labelsOf(labels: readonly string[]): readonly string[] {
  const trimmed = [...new Set(labels.map((label) => label.trim()))];
  const strange = trimmed.find((label) => label === '' || label.length > LABEL_CHARS_MAX || /[\p{Cc},]/u.test(label));
  if (strange !== undefined) throw wrong('label', `1 to ${LABEL_CHARS_MAX} characters without commas`, strange);
  if (trimmed.length > LABELS_MAX) throw wrong('list of labels', `at most ${LABELS_MAX}`, trimmed.length);
  return trimmed;
}

function rateOf(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong('limit', 'a whole number, 0 for none', value);
}

function ratioOf(value: number): number {
  if (value >= 0 && value < SEED_RATIO_MAX) return value;
  throw wrong('ratio', `a number from 0 to ${SEED_RATIO_MAX}`, value);
}

function wrong(what: string, expected: string, got: unknown): Failure {
  return new Failure('usage', `That is no ${what}: ${JSON.stringify(got)}.`, `Expected ${expected}.`, '');
}
