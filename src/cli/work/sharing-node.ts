/** What `share` and `up` have in common: a session, a tracker that comes with it, and the links that lead to both. Owns both. */

import { join } from 'node:path';
import { Failure } from '../../node/failure.ts';
import { EmbeddedTracker } from '../../node/embedded-tracker.ts';
import { type Publication, vouch } from '../../node/publication.ts';
import type { Session } from '../../node/session.ts';
import { Transfer } from '../../node/transfer.ts';
import { AdmitListed } from '../../overlays/tracker/index.ts';
import { announcedHashes, contentBytesOf, infoHashesOf, type Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { formatMagnet } from '../../wire/magnet.ts';
import { WebServer } from '../../node/web-server.ts';
import type { Call } from '../cli.ts';
import { hostAndPort, linkHost } from '../link-host.ts';
import { openSession, sayPort } from '../open-session.ts';

export interface Shared {
  readonly transfer: Transfer;
  readonly link: string;
}

export interface SharingOptions {
  /** Others to use instead of an own one, or none. */
  readonly trackers: readonly string[] | 'own';
  /** Web servers that have the files (BEP 19). */
  readonly webSeeds?: readonly string[];
  /** Bring along a web server. */
  readonly http?: boolean;
  /** BEP 16. */
  readonly superSeed?: boolean;
}

export class SharingNode {
  readonly session: Session;
  /** What links name: the own tracker, or those that were asked for. */
  readonly trackers: readonly string[];
  /** What we announce to, a tier each: our own tracker where it listens, by UDP, since over HTTP a thousand torrents took seconds, and for browsers. */
  readonly #tiers: readonly (readonly string[])[];
  readonly #tracker: EmbeddedTracker | null;
  readonly #admitted: AdmitListed;
  readonly #peer: string;
  readonly #superSeed: boolean;
  readonly #webServer: WebServer | null;
  /** Where web clients find the files; ours, if there is one, comes first. */
  readonly webSeeds: readonly string[];

  static async open(call: Call, options: SharingOptions): Promise<SharingNode> {
    const { settings } = call;
    const host = settings.get('listen.host');
    const session = await openSession(call, 'share', 'wanted', options.trackers === 'own' ? [] : options.trackers);
    let webServer: WebServer | null = null;
    try {
      const wanted = settings.get('http.port');
      const records = join(settings.folders.state, 'http');
      if (options.http === true) {
        webServer = await WebServer.open(host, wanted, session.engine.uploadLimiter, records);
        sayPort(call, 'http.port', wanted, webServer.port);
      }
      return await SharingNode.#withTracker(call, session, webServer, options);
    } catch (error) {
      await session.close();
      await webServer?.close();
      throw error;
    }
  }

  static async #withTracker(call: Call, session: Session, webServer: WebServer | null, options: SharingOptions): Promise<SharingNode> {
    const { settings } = call;
    const host = settings.get('listen.host');
    const admitted = new AdmitListed();
    if (options.trackers !== 'own') return new SharingNode(call, session, webServer, null, admitted, options.trackers, options);
    const wanted = settings.get('tracker.port');
    const tracker = await EmbeddedTracker.open(host, wanted, { policy: admitted });
    sayPort(call, 'tracker.port', wanted, tracker.port);
    const place = hostAndPort(linkHost(host, settings.get('announce.host')), tracker.port);
    const urls = [`http://${place}/announce`, `udp://${place}/announce`, ...(session.meetsBrowsers ? [`ws://${place}/announce`] : [])];
    return new SharingNode(call, session, webServer, tracker, admitted, urls, options);
  }

  private constructor(
    { settings }: Call,
    session: Session,
    webServer: WebServer | null,
    tracker: EmbeddedTracker | null,
    admitted: AdmitListed,
    trackers: readonly string[],
    { webSeeds = [], superSeed = false }: SharingOptions,
  ) {
    this.session = session;
    this.trackers = trackers;
    this.#superSeed = superSeed;
    this.#webServer = webServer;
    const listenHost = settings.get('listen.host');
    const place = webServer === null ? '' : hostAndPort(linkHost(listenHost, settings.get('announce.host')), webServer.port);
    this.webSeeds = webServer === null ? webSeeds : [`http://${place}/`, ...webSeeds];
    const own = tracker === null ? '' : `${hostAndPort(linkHost(listenHost, ''), tracker.port)}/announce`;
    const announced = tracker === null ? trackers : [`udp://${own}`, ...(session.meetsBrowsers ? [`ws://${own}`] : [])];
    this.#tiers = announced.map((url) => [url]);
    this.#tracker = tracker;
    this.#admitted = admitted;
    this.#peer = hostAndPort(linkHost(listenHost, settings.get('announce.host')), session.port);
  }

  add(publication: Publication): Shared {
    const { metainfo, location } = publication;
    try {
      vouch(publication, this.session.stateFolder);
    } catch {
      // Without the record it is hashed once more, and works as well.
    }
    this.#webServer?.add(publication);
    for (const infoHash of announcedHashes(metainfo)) this.#admitted.add(infoHash);
    const transfer: Transfer = new Transfer(undefined, () => transfer.fail(changed(metainfo.name)));
    this.session.add(
      {
        metainfo,
        infoHash: metainfo.infoHash,
        infoHashV2: metainfo.v2?.infoHash ?? null,
        name: metainfo.name,
        trackers: this.#tiers,
        peers: [],
        location,
        selectOnly: null,
        writable: false,
        recheck: 'trust',
        sequential: false,
        superSeed: this.#superSeed,
        paused: false,
        uploadRateMax: 0,
        downloadRateMax: 0,
      },
      transfer,
    );
    const link = formatMagnet({
      ...infoHashesOf(metainfo),
      name: metainfo.name,
      totalBytes: contentBytesOf(metainfo),
      trackers: this.trackers,
      webSeeds: this.webSeeds,
      peers: [this.#peer],
    });
    return { transfer, link };
  }

  /** Bytes that web clients were sent. */
  get httpSentBytes(): number {
    return this.#webServer?.sentBytes ?? 0;
  }

  remove({ transfer }: Shared): void {
    this.session.remove(transfer);
    for (const infoHash of announcedHashes(transfer.metainfo as Metainfo)) this.#admitted.delete(infoHash);
  }

  async close(): Promise<void> {
    // The session says goodbye to the tracker, which therefore goes last.
    await this.session.close();
    await this.#tracker?.close();
    await this.#webServer?.close();
  }
}

function changed(name: string): Failure {
  return new Failure('integrity', `${name} has changed while it was read.`, 'Its pieces no longer match their hashes.', 'Share it again.');
}
