/** The work of `kith dht get-peers | announce | sample`: what the Mainline DHT knows of torrents (BEP 5, 33, 51). Owns no state. */

import { randomBytes } from 'node:crypto';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { Failure } from '../../node/failure.ts';
import { type Cost, MainlineQuestions, type PeersAnswer } from '../../node/mainline-questions.ts';
import { formatSeconds, plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { type AccessOptions, withAccess } from './ask-overlay.ts';
import { hashNamed } from './hash-named.ts';

export interface PeersOptions extends AccessOptions {
  readonly scrape: boolean;
}

export interface AnnounceOptions extends AccessOptions {
  readonly seed?: true;
}

export interface SampleOptions extends AccessOptions {
  readonly target?: string;
}

export async function getPeers(call: Call, torrent: string, options: PeersOptions): Promise<void> {
  const { console } = call;
  const infoHash = await hashNamed(call, torrent);
  const found = await withAccess(call, options, (access) => new MainlineQuestions(access).getPeers(infoHash, options.scrape));
  if (found.peers.length === 0) {
    throw new Failure(
      'not-found',
      `No peer of ${hexOf(infoHash)} is known.`,
      `${asked(found)}.`,
      'Peers are forgotten when they have not announced for 45 minutes.',
    );
  }
  const { peers, seeds, leechers, hops, questions, tookMs } = found;
  console.document({ infoHash: hexOf(infoHash), peers, seeds, leechers, hops, questions, tookMs });
  for (const peer of peers) console.result(peer);
  console.say(`${plural(peers.length, 'peer')}${scrapeText(found)}; ${asked(found)}.`);
}

export async function announce(call: Call, torrent: string, options: AnnounceOptions): Promise<void> {
  const { console, settings } = call;
  const infoHash = await hashNamed(call, torrent);
  const port = settings.get('listen.port');
  if (port === 0) throw new Failure('usage', 'Nobody could come to port 0.', '', 'Say with --port where the peer listens.');
  const done = await withAccess(call, options, (access) => new MainlineQuestions(access).announce(infoHash, port, options.seed === true));
  const { stored, hops, questions, tookMs } = done;
  if (stored === 0) throw new Failure('incomplete', 'No node took it.', `${asked(done)}.`, 'Run the same command again.');
  console.document({ infoHash: hexOf(infoHash), port, stored, hops, questions, tookMs });
  console.result(hexOf(infoHash));
  console.say(`${plural(stored, 'node')} will name this machine, port ${port}, for half an hour or more; ${asked(done)}.`);
  console.say(console.dim(`That is all it does: who shares announces by itself, and goes on doing so: ${programWord()} share`));
}

export async function sample(call: Call, node: string | undefined, options: SampleOptions): Promise<void> {
  const { console } = call;
  const { target } = options;
  if (node !== undefined && target !== undefined)
    throw new Failure('usage', 'A node and --target say two things.', '', 'Leave one of them out.');
  const point = target === undefined ? randomBytes(SHA1_BYTES) : bytesOfHex(target);
  if (point?.length !== SHA1_BYTES)
    throw new Failure('usage', `${target} is no point.`, `Expected ${2 * SHA1_BYTES} hexadecimal digits.`, 'Correct --target.');
  const through = node === undefined ? options : { ...options, otherwise: [node] };
  const of = node === undefined ? { target: point } : { node };
  const found = await withAccess(call, through, (access) => new MainlineQuestions(access).sample(of));
  const infoHashes = [...new Set(found.nodes.flatMap((each) => each.infoHashes))];
  if (node !== undefined && found.nodes.length === 0) throw nothingSampled(node, found.timeouts > 0);
  const { nodes, hops, questions, tookMs } = found;
  console.document({ infoHashes, nodes, hops, questions, tookMs });
  for (const infoHash of infoHashes) console.result(infoHash);
  for (const { address, total, intervalSeconds, infoHashes: each } of nodes) {
    console.say(`${address}: ${each.length} of ${total}${intervalSeconds > 0 ? `, others after ${formatSeconds(intervalSeconds)}` : ''}`);
  }
  console.say(`${infoHashes.length} info-hash${infoHashes.length === 1 ? '' : 'es'} of ${plural(nodes.length, 'node')}; ${asked(found)}.`);
}

function nothingSampled(node: string, isSilent: boolean): Failure {
  return isSilent
    ? new Failure('unreachable', `Nobody answers at ${node}.`, '', 'Check the address, and that a node listens on it over UDP.')
    : new Failure('failed', `The node at ${node} gives no samples.`, 'It does not know BEP 51.', '');
}

/** Estimates out of Bloom filters: of a few they are right, of thousands within some per cent. */
function scrapeText({ seeds, leechers }: PeersAnswer): string {
  if (seeds === null || leechers === null) return '';
  return `; about ${Math.round(seeds)} with all of it and ${Math.round(leechers)} others (BEP 33)`;
}

function asked({ questions, tookMs }: Cost): string {
  return `${plural(questions, 'question')}, ${tookMs.toFixed(0)} ms`;
}
