/** The work of `kith verify`: finds the files, checks them, reports; owns nothing. */

import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { StoreFile } from '../../core/host.ts';
import { Failure } from '../../node/failure.ts';
import { formatBytes, plural } from '../../node/quantity.ts';
import { chosenProxy } from '../../node/chosen-proxy.ts';
import { readSource } from '../../node/source.ts';
import { type Verdict, verifyContent } from '../../node/transfers/verify-content.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { interrupted, quoted } from '../follow.ts';

/** As many bad files are named; the rest is counted, or read in --json. */
const FILES_SHOWN_MAX = 20;

export async function verify(call: Call, torrent: string, path: string): Promise<void> {
  const { console, interruption, settings } = call;
  const { metainfo } = await readSource(torrent, interruption.signal, chosenProxy(settings));
  if (metainfo === null) {
    throw new Failure('usage', 'A link alone has no hashes of pieces.', '', 'Give a .torrent file. To check while fetching: kith get LINK');
  }
  const { location, files } = await locate(metainfo, resolve(path));
  const work = verifyContent(metainfo, location, files, (checkedBytes) => {
    console.progress.show(`checking ${metainfo.name}: ${formatBytes(checkedBytes)}`, checkedBytes / metainfo.totalBytes);
  });
  const finished = await interruption.before(work);
  console.progress.clear();
  if (!finished) throw interrupted('Stopped before all was checked.', '');
  report(call, metainfo, await work, `kith get ${quoted(torrent)} -o ${quoted(location)}`);
}

/** The content lies below `path` under its own name, or `path` is the content itself. */
async function locate(metainfo: Metainfo, path: string): Promise<{ location: string; files: readonly StoreFile[] }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => null,
  );
  const single = metainfo.files.length === 1 && metainfo.files[0]?.path.length === 1;
  const named = await stat(join(path, metainfo.name)).catch(() => null);
  if (isFolder === true && named !== null) return { location: path, files: metainfo.files };
  const itself = single ? isFolder === false : isFolder === true && basename(path) === metainfo.name;
  if (itself) {
    const renamed = metainfo.files.map((file) => ({ ...file, path: [basename(path), ...file.path.slice(1)] }));
    return { location: dirname(path), files: renamed };
  }
  const missing = isFolder === null ? path : join(path, metainfo.name);
  throw new Failure('not-found', `${missing} is not there.`, '', `Say where the files are: kith verify TORRENT PATH`);
}

function report({ console }: Call, metainfo: Metainfo, verdict: Verdict, repair: string): void {
  const { badPieces, badFiles } = verdict;
  const good = metainfo.pieceCount - badPieces.length;
  console.document({ name: metainfo.name, complete: badPieces.length === 0, pieces: metainfo.pieceCount, goodPieces: good, ...verdict });
  for (const { path, why } of badFiles.slice(0, FILES_SHOWN_MAX)) console.result(`${path}: ${why}`);
  if (badFiles.length > FILES_SHOWN_MAX) console.result(`… and ${badFiles.length - FILES_SHOWN_MAX} more`);
  if (badPieces.length === 0 && badFiles.length === 0) {
    console.say(`${metainfo.name}: all ${plural(metainfo.pieceCount, 'piece')} right.`);
    return;
  }
  // The document has said it already: no second one for the error.
  const what = `${metainfo.name} is not whole: ${good} of ${metainfo.pieceCount} pieces are right.`;
  // Bytes beyond the end of a file are in no piece.
  const files = `${plural(badFiles.length, 'file')} damaged, missing, or longer than told.`;
  console.fail(what, files, `To fetch what is not right: ${repair}`);
  process.exitCode = exitCodeOf('integrity');
}
