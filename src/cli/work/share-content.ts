/** The work of `kith share` from the paths to the end of sharing; owns the node while it lasts. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure, failureFrom } from '../../node/failure.ts';
import { changedFile, type Publication } from '../../node/publication.ts';
import { formatBytes } from '../../node/quantity.ts';
import { encodeMetainfo } from '../../transfer/bittorrent/create-metainfo.ts';
import type { Metainfo, MetainfoVersion } from '../../transfer/bittorrent/metainfo.ts';
import { searchNetworksOf } from '../../node/search/networks.ts';
import type { Call } from '../cli.ts';
import type { FoundByNetworks } from './share-on-networks.ts';
import { commandLine, follow, interrupted } from '../follow.ts';
import { sayWhoCanCome } from '../who-can-come.ts';
import { PeerView } from '../peer-view.ts';
import { hashMemory, publishWithProgress } from './publish-with-progress.ts';
import { type Shared, SharingNode } from '../../node/sharing-node.ts';
import { statusFields, statusText } from '../status-text.ts';

const PROGRESS_EVENT_MS = 1_000;
const LOOK_MS = 2_000;

export interface ShareOptions {
  readonly name?: string;
  readonly once?: true;
  /** False: none, not even an own one. */
  readonly tracker?: readonly string[] | false;
  readonly webSeed?: readonly string[];
  readonly http?: true;
  readonly superSeed?: true;
  readonly torrent?: string;
  readonly private?: true;
  readonly pieceSize?: number;
  readonly peers?: true;
  readonly version?: MetainfoVersion;
  readonly label?: readonly string[];
  /** Search networks. */
  readonly on?: string;
  /** Do it here, whether a node runs or not. */
  readonly alone?: true;
}

/** `ownSession`: options ask for what a node that runs already may not be. */
export async function share(call: Call, paths: readonly string[], options: ShareOptions, ownSession: boolean): Promise<void> {
  const { console } = call;
  // A name that is none is a mistake before anything is hashed.
  const searched = options.on === undefined ? null : searchNetworksOf(options.on);
  if (options.private === true && options.tracker === false) {
    throw new Failure(
      'usage',
      'A private torrent needs a tracker.',
      'Its peers come from there alone.',
      'Leave out --private or --no-tracker.',
    );
  }
  const publication = await publishWithProgress(call, paths, {
    name: options.name ?? null,
    version: options.version ?? 1,
    pieceBytes: options.pieceSize ?? null,
    private: options.private === true,
    memory: hashMemory(call),
  });
  if (publication === null) throw interrupted('Stopped before anything was shared.', '');
  const { metainfo } = publication;
  const { webSeed: webSeeds = [], http = false, superSeed = false } = options;
  const here = options.on !== undefined || options.alone === true || options.once === true || options.peers === true || ownSession;
  const special = http || superSeed || webSeeds.length > 0 || options.tracker !== undefined;
  if (!here && !special && (await (await import('./share-by-node.ts')).shareByNode(call, paths, publication, options))) return;
  const trackers = options.tracker === false ? [] : (options.tracker ?? 'own');
  const node = await SharingNode.open(call, { trackers, webSeeds, http, superSeed });
  let found: FoundByNetworks | null = null;
  try {
    if (searched !== null) {
      const { shareOnNetworks } = await import('./share-on-networks.ts');
      found = await shareOnNetworks(call, paths, searched, node.session.engine.uploadLimiter);
    }
    const linkOf = (): string => `${shared.link}${(found?.urns ?? []).map((urn) => `&xt=${urn}`).join('')}`;
    if (options.torrent !== undefined) await writeTorrent(options.torrent, metainfo, node);
    const shared = node.add(publication);
    // The link is printed when a peer that uses it at once will be served.
    if (!(await follow(call, shared.transfer.complete, () => console.progress.show(statusText(shared.transfer.status()), null)))) {
      throw interrupted('Stopped before anything was shared.', '');
    }
    console.say(
      `Sharing ${console.strong(metainfo.name)} (${formatBytes(metainfo.totalBytes)})${node.session.port === 0 ? '' : ` on port ${node.session.port}`}.`,
    );
    if (http) console.say(`In a browser: ${node.webSeeds[0]}`);
    sayWhoCanCome(call, 'kith share');
    console.say(`Elsewhere, kith get '<the link>' fetches it; here, Ctrl-C stops.`);
    let link = linkOf();
    const tellLink = (): void =>
      console.event('link', {
        link,
        ...statusFields(shared.transfer.status()),
        port: node.session.port,
        trackers: node.trackers,
        webSeeds: node.webSeeds,
        torrent: options.torrent === undefined ? null : resolve(options.torrent),
      });
    tellLink();
    console.result(link);
    // Nothing waits for the router. When it lets the world in, there is a link that leads in from there too.
    node.session.mappedPorts.onSettled(() => {
      if (linkOf() === link) return;
      link = linkOf();
      console.say(`A link for the world outside too:\n${link}`);
      tellLink();
    });
    await serve(call, node, shared, publication, options);
  } finally {
    await found?.close();
    await node.close();
  }
}

/** Names the same that the link does. */
export async function writeTorrent(
  file: string,
  metainfo: Metainfo,
  { trackers, webSeeds, dhtNodes }: Pick<SharingNode, 'trackers' | 'webSeeds' | 'dhtNodes'>,
): Promise<void> {
  const made = { createdBy: 'kith', creationDate: Math.floor(Date.now() / 1000), ...(metainfo.private ? {} : { dhtNodes }) };
  const bytes = encodeMetainfo({ ...metainfo, trackers: trackers.map((url) => [url]), webSeeds, ...made });
  await writeFile(file, bytes).catch((error: unknown) => {
    throw failureFrom(error, `${file} could not be written.`);
  });
}

/** Until Ctrl-C, a failure of the disk, or with `once` until one other has everything. */
async function serve(call: Call, node: SharingNode, { transfer }: Shared, publication: Publication, options: ShareOptions): Promise<void> {
  const { console } = call;
  const once = options.once === true;
  const peerView = new PeerView(console, options.peers === true);
  const delivered = Promise.withResolvers<void>();
  let toldAt = performance.now();
  // The engine sees a change when it reads; this one sees it also while nobody asks. Large folders are looked at less often.
  let lookedAt = performance.now();
  const lookEveryMs = Math.max(LOOK_MS, publication.metainfo.files.length);
  const ended = await follow(call, Promise.race([transfer.failed, delivered.promise]), () => {
    const status = transfer.status();
    console.progress.show(statusText(status), null);
    peerView.show(transfer, performance.now());
    // Who takes the last bytes and leaves without a word has been served too.
    const leftSilently = status.uploadedBytes >= status.wantedBytes && status.peers === 0;
    if (once && status.uploadedBytes > 0 && (transfer.completePeers > 0 || leftSilently)) delivered.resolve();
    if (performance.now() - lookedAt >= lookEveryMs) {
      const changed = changedFile(publication);
      if (changed !== null) throw contentChanged(changed);
      lookedAt = performance.now();
    }
    if (performance.now() - toldAt < PROGRESS_EVENT_MS) return;
    toldAt = performance.now();
    console.event('progress', { ...statusFields(status), httpSentBytes: node.httpSentBytes });
  });
  const status = transfer.status();
  if (!ended)
    throw interrupted(`Stopped; ${formatBytes(status.uploadedBytes + node.httpSentBytes)} sent.`, `To share it again: ${commandLine()}`);
  console.say(`Delivered: another has all of ${status.name}.`);
  console.event('done', statusFields(status));
}

function contentChanged(path: string): Failure {
  if (!existsSync(path)) {
    const why = 'It was moved or removed while it was shared.';
    return new Failure('not-found', `${path} has gone.`, why, `When it is back: ${commandLine()}`);
  }
  const why = 'Receivers would get pieces that do not match their hashes.';
  return new Failure('integrity', `${path} has changed since it was hashed.`, why, `Share it again, under a new link: ${commandLine()}`);
}
