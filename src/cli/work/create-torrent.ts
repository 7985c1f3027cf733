/** The work of `kith create`: hashes, and writes one file; owns nothing. */

import { access, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Failure, failureFrom } from '../../node/failure.ts';
import { encodeMetainfo } from '../../transfer/bittorrent/create-metainfo.ts';
import type { DhtNode } from '../../transfer/bittorrent/dht-node.ts';
import type { MetainfoVersion } from '../../transfer/bittorrent/metainfo.ts';
import type { Call } from '../cli.ts';
import { factLines, metainfoFields } from '../content-table.ts';
import { interrupted } from '../follow.ts';
import { hashMemory, publishWithProgress } from './publish-with-progress.ts';

export interface CreateOptions {
  readonly output?: string;
  readonly tracker?: readonly string[];
  readonly webSeed?: readonly string[];
  readonly dhtNode?: readonly DhtNode[];
  readonly private?: true;
  readonly pieceSize?: number;
  readonly version?: MetainfoVersion;
  readonly name?: string;
  readonly comment?: string;
  readonly date: boolean;
  readonly overwrite?: true;
}

export async function create(call: Call, paths: readonly string[], options: CreateOptions): Promise<void> {
  const { console } = call;
  if (options.private === true && options.tracker === undefined) {
    throw new Failure(
      'usage',
      'A private torrent needs a tracker.',
      'Its peers find each other nowhere else.',
      'Add --tracker URL, or leave --private out.',
    );
  }
  if (options.private === true && options.dhtNode !== undefined) {
    throw new Failure(
      'usage',
      'A private torrent has no DHT.',
      'Its peers come from its trackers alone (BEP 27).',
      'Leave --dht-node or --private out.',
    );
  }
  await refuseOld(paths, options);
  const publication = await publishWithProgress(call, paths, {
    name: options.name ?? null,
    version: options.version ?? 1,
    pieceBytes: options.pieceSize ?? null,
    private: options.private === true,
    memory: hashMemory(call),
  });
  if (publication === null) throw interrupted('Stopped; nothing was written.', '');
  const metainfo = {
    ...publication.metainfo,
    trackers: (options.tracker ?? []).map((url) => [url]),
    webSeeds: options.webSeed ?? [],
    ...(options.dhtNode !== undefined && { dhtNodes: options.dhtNode }),
    comment: options.comment ?? null,
    createdBy: 'kith',
    creationDate: options.date ? Math.floor(Date.now() / 1000) : null,
  };
  const file = resolve(options.output ?? `${metainfo.name}.torrent`);
  await write(file, encodeMetainfo(metainfo), options.overwrite === true);
  for (const line of factLines(metainfo)) console.say(line);
  console.document({ path: file, ...metainfoFields(metainfo) });
  console.result(file);
}

/** Before hours of hashing; what comes there meanwhile is found when it is written. */
async function refuseOld(paths: readonly string[], { output, name, overwrite }: CreateOptions): Promise<void> {
  const named = name ?? (paths.length === 1 ? basename(resolve(paths[0] ?? '')) : null);
  const file = output ?? (named === null ? null : `${named}.torrent`);
  if (file === null || overwrite === true) return;
  await access(file).then(
    () => {
      throw thereAlready(resolve(file));
    },
    () => undefined,
  );
}

function thereAlready(file: string): Failure {
  return new Failure('failed', `${file} is there already.`, '', 'Name another one with -o, or replace it with --overwrite.');
}

async function write(file: string, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  await writeFile(file, bytes, { flag: overwrite ? 'w' : 'wx' }).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'EEXIST') throw thereAlready(file);
    throw failureFrom(error, `${file} could not be written.`);
  });
}
