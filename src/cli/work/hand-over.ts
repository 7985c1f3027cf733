/** What `kith get` and `kith share` leave to the node that runs: it goes on there when the command has ended. Owns the wait. */

import { join, resolve } from 'node:path';
import { Failure } from '../../node/failure.ts';
import type { AddOptions } from '../../node/node-operations.ts';
import type { TransferView } from '../../node/node-view.ts';
import { formatBytes, formatSeconds } from '../../node/quantity.ts';
import type { RemoteNode } from '../../node/control/remote-node.ts';
import type { Source } from '../../node/source.ts';
import type { Call } from '../cli.ts';
import { interrupted, programWord } from '../follow.ts';
import { Patience } from '../patience.ts';
import { transferLine } from '../transfer-table.ts';
import type { GetOptions } from './get-content.ts';
import { findNode } from './running-node.ts';

const LOOK_MS = 500;
/** The states in which something should come. */
const WANTING = ['metadata', 'downloading'];
/** Complete, and not yet where it stays. */
const UNSETTLED = ['checking', 'moving'];

/** True when the node has it now: fetched, or with `--add` on its way. False when the command has to do it itself. */
export async function getByNode(call: Call, link: string, source: Source, options: GetOptions): Promise<boolean> {
  const { console, settings, interruption } = call;
  const node = await findNode(call, interruption.signal);
  if (node === null) {
    if (options.add !== true) return false;
    throw new Failure('unreachable', 'The node is not running.', 'Only a running node goes on by itself.', `Start it: ${programWord()} up`);
  }
  const folder = settings.get('get.folder');
  // The node has a working folder of its own.
  const given = source.magnet === null && source.metainfo !== null && !/^https?:/i.test(link) ? resolve(link) : link;
  const { transfer, already } = await node.add({ link: given }, addOptions(call, folder, options));
  if (already && (transfer.origin !== 'get' || options.add !== true)) {
    const where = `The node has ${transfer.name} already: ${transfer.path}`;
    if (transfer.origin !== 'get') {
      console.say(`${where}. It is fetched here by this command.`);
      return false;
    }
    console.say(`${where} (number ${transfer.number}).`);
  }
  console.event(already ? 'already' : 'added', { transfer });
  if (options.add === true) {
    console.say(
      already
        ? `${transfer.name} is in the list already.`
        : `${transfer.name} is number ${transfer.number} of the list. Its state: ${programWord()} ls`,
    );
    console.result(String(transfer.number));
    return true;
  }
  const done = await followTransfer(call, node, transfer);
  const path = await pathOf(node, done, options.only ?? source.selectOnly);
  const { downloadedBytes, wantedBytes } = done;
  console.say(
    downloadedBytes === 0
      ? `${done.name} was complete already; every piece is right.`
      : `${done.name}: ${formatBytes(wantedBytes)}; every piece is right.`,
  );
  console.say(`The node goes on sharing it: ${programWord()} rm ${done.number} ends that.`);
  console.event('done', { ...done, path });
  console.result(path);
  return true;
}

function addOptions({ settings }: Call, folder: string, options: GetOptions): AddOptions {
  const { tracker, peer, webSeed, only, sequential, overwrite, seedRatio, label } = options;
  const completed = settings.get('get.completed-folder');
  return {
    folder,
    completedFolder: completed === '' || settings.why('get.folder').source === '-o' ? folder : completed,
    ...(tracker !== undefined && { trackers: tracker }),
    ...(peer !== undefined && { peers: peer }),
    ...(webSeed !== undefined && { webSeeds: webSeed }),
    ...(only !== undefined && { only }),
    ...(label !== undefined && { labels: label }),
    ...(seedRatio !== undefined && { seedRatio }),
    sequential: sequential === true,
    overwrite: overwrite === true,
    ...(options.limitUp !== undefined && { uploadRateMax: settings.get('limit.up') }),
    ...(options.limitDown !== undefined && { downloadRateMax: settings.get('limit.down') }),
  };
}

/** Until it is complete. Throws the Failure that it has, or one that says that nothing comes; the node goes on in both cases. */
async function followTransfer(call: Call, node: RemoteNode, added: TransferView): Promise<TransferView> {
  const { console, settings, interruption } = call;
  const patience = new Patience(settings.get('get.timeout'), performance.now());
  let latest = added;
  try {
    for await (const event of node.events({ progressMs: LOOK_MS, signal: interruption.signal })) {
      if (event.type === 'removed' && event.infoHash === added.infoHash) {
        throw new Failure('failed', `${added.name} was removed from the node.`, 'Another command did that.', '');
      }
      if (event.type === 'progress') {
        latest = event.transfers.find(({ infoHash }) => infoHash === added.infoHash) ?? latest;
        if (event.transfers.includes(latest)) console.event('progress', { ...latest });
        console.progress.show(transferLine(latest), latest.wantedBytes === 0 ? null : latest.haveBytes / latest.wantedBytes);
      }
      const settled = latest.completedAtMs !== null && latest.goesTo === null && !UNSETTLED.includes(latest.state);
      if (settled && latest.problem === null) return latest;
      if (latest.problem !== null) {
        const { kind, message, why, next } = latest.problem;
        throw new Failure(kind, message, why, next);
      }
      const waits = WANTING.includes(latest.state) ? '' : `${performance.now()}`;
      const marker = `${latest.state} ${latest.haveBytes} ${latest.downloadedBytes} ${waits}`;
      if (patience.isOver(marker, performance.now())) throw await stalled(node, latest, settings.get('get.timeout'));
    }
  } finally {
    console.progress.clear();
  }
  const look = `Its state: ${programWord()} ls   To end it: ${programWord()} rm ${added.number}`;
  if (interruption.happened) throw interrupted(`${latest.name} goes on in the node.`, look);
  throw new Failure(
    'unreachable',
    'The node has stopped.',
    `${latest.name} goes on when it starts again.`,
    `Start it: ${programWord()} up`,
  );
}

async function stalled(node: RemoteNode, { infoHash, name, haveBytes, wantedBytes }: TransferView, seconds: number): Promise<Failure> {
  const { trackers, lastGone, peers } = await node.info(infoHash);
  const said = trackers.filter(({ message }) => message !== '').map(({ url, message }) => `${url}: ${message}`);
  const why = [`Nothing came for ${formatSeconds(seconds)}.`, ...said, ...lastGone].join('\n  ');
  const next = `The node goes on trying. Its state: ${programWord()} ls`;
  if (haveBytes > 0) {
    return new Failure('incomplete', `${name} is not complete: ${formatBytes(haveBytes)} of ${formatBytes(wantedBytes)}.`, why, next);
  }
  if (peers > 0) return new Failure('timed-out', `${name}: peers answered, but sent nothing.`, why, next);
  return new Failure('unreachable', `${name}: no peer could be reached.`, why, next);
}

/** The file or folder; when a single file of several was asked for, that file. */
async function pathOf(node: RemoteNode, { infoHash, location, path }: TransferView, only: readonly number[] | null): Promise<string> {
  if (only?.length !== 1) return path;
  const { files } = await node.info(infoHash);
  const file = files.find(({ number }) => number === (only[0] as number) + 1);
  return file === undefined ? path : join(location, file.path);
}
