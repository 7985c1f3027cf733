/** What `share` and `up` have in common: a session, a tracker that comes with it, and the links that lead to both. Owns both. */

import { join } from 'node:path';
import { refuseBehindProxy } from './chosen-proxy.ts';
import { Failure } from './failure.ts';
import { EmbeddedTracker } from './embedded-tracker.ts';
import { type Publication, vouch } from './publication.ts';
import type { Session } from './session.ts';
import { Transfer } from './transfers/transfer.ts';
import { AdmitListed } from '../overlays/tracker/index.ts';
import { type DhtNode, parseDhtNode } from '../transfer/bittorrent/dht-node.ts';
import { announcedHashes, contentBytesOf, infoHashesOf, type Metainfo } from '../transfer/bittorrent/metainfo.ts';
import { formatMagnet } from '../wire/magnet.ts';
import { WebServer } from './web-server.ts';
import type { Caller } from './control/caller.ts';
import { hostAndPort, linkHost } from './link-host.ts';
import { openSession, sayPort, type SessionRole } from './open-session.ts';

export interface Shared {
  readonly transfer: Transfer;
  /** It changes when the router lets the world in. */
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
  /** `share` when absent. */
  readonly role?: SessionRole;
}

export class SharingNode {
  readonly session: Session;
  /** What we announce to, a tier each: our own tracker where it listens, by UDP, since over HTTP a thousand torrents took seconds; and for browsers. */
  readonly #tiers: readonly (readonly string[])[];
  readonly #tracker: EmbeddedTracker | null;
  readonly #admitted: AdmitListed;
  readonly #superSeed: boolean;
  readonly #webServer: WebServer | null;
  readonly #listenHost: string;
  readonly #announceHost: string;
  /** Those that were asked for. */
  readonly #otherTrackers: readonly string[];
  readonly #otherWebSeeds: readonly string[];

  static async open(call: Caller, options: SharingOptions): Promise<SharingNode> {
    const { settings } = call;
    if (options.trackers === 'own') refuseBehindProxy(settings, 'A tracker of your own', 'Share with --tracker URL or --no-tracker. ');
    if (options.http === true) refuseBehindProxy(settings, 'A web server', 'Leave out --http. ');
    const host = settings.get('listen.host');
    const { role = 'share', trackers } = options;
    // A node is given torrents of other trackers later.
    const session = await openSession(call, role, 'wanted', role === 'node' ? 'any' : trackers === 'own' ? [] : trackers);
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

  static async #withTracker(call: Caller, session: Session, webServer: WebServer | null, options: SharingOptions): Promise<SharingNode> {
    const { settings } = call;
    const host = settings.get('listen.host');
    const admitted = new AdmitListed();
    if (options.trackers !== 'own') return new SharingNode(call, session, webServer, null, admitted, options);
    const wanted = settings.get('tracker.port');
    const tracker = await EmbeddedTracker.open(host, wanted, { policy: admitted });
    sayPort(call, 'tracker.port', wanted, tracker.port);
    return new SharingNode(call, session, webServer, tracker, admitted, options);
  }

  private constructor(
    { settings }: Caller,
    session: Session,
    webServer: WebServer | null,
    tracker: EmbeddedTracker | null,
    admitted: AdmitListed,
    { trackers, webSeeds = [], superSeed = false }: SharingOptions,
  ) {
    this.session = session;
    this.#listenHost = settings.get('listen.host');
    this.#announceHost = settings.get('announce.host');
    this.#otherTrackers = trackers === 'own' ? [] : trackers;
    this.#otherWebSeeds = webSeeds;
    this.#superSeed = superSeed;
    this.#webServer = webServer;
    const own = tracker === null ? '' : `${hostAndPort(linkHost(this.#listenHost, ''), tracker.port)}/announce`;
    const announced = tracker === null ? this.#otherTrackers : [`udp://${own}`, ...(session.meetsBrowsers ? [`ws://${own}`] : [])];
    this.#tiers = announced.map((url) => [url]);
    this.#tracker = tracker;
    this.#admitted = admitted;
    if (tracker !== null) session.mappedPorts.add({ role: 'tracker', port: tracker.port, transports: ['tcp', 'udp'] });
    if (webServer !== null) session.mappedPorts.add({ role: 'web', port: webServer.port, transports: ['tcp'] });
  }

  /** What links name: the own tracker, or those that were asked for. */
  get trackers(): readonly string[] {
    if (this.#tracker === null) return this.#otherTrackers;
    const schemes = this.session.meetsBrowsers ? ['http', 'udp', 'ws'] : ['http', 'udp'];
    return this.#places('tracker', this.#tracker.port).flatMap((place) => schemes.map((scheme) => `${scheme}://${place}/announce`));
  }

  /** Where web clients find the files; ours, if there is one, comes first. */
  get webSeeds(): readonly string[] {
    const own = this.#webServer === null ? [] : this.#places('web', this.#webServer.port).map((place) => `http://${place}/`);
    return [...own, ...this.#otherWebSeeds];
  }

  /** Where others reach the port of that role: in our own network, and through the router when it lets the world in. */
  #places(role: string, port: number): string[] {
    const outside = this.session.mappedPorts.outside(role);
    if (this.#announceHost !== '') return [hostAndPort(this.#announceHost, outside?.port ?? port)];
    const here = hostAndPort(linkHost(this.#listenHost, ''), port);
    // Through two routers nobody comes by what the nearer one maps.
    if (outside === null || this.session.seenAddress().nat === 'several') return [here];
    return [...new Set([here, hostAndPort(outside.address, outside.port)])];
  }

  /** `transfer` is told what happens; it is made here unless somebody has more to do than to wait. */
  add(publication: Publication, transfer: Transfer = failsWhenWanting(publication)): Shared {
    const { metainfo, location } = publication;
    try {
      vouch(publication, this.session.stateFolder);
    } catch {
      // Without the record it is hashed once more, and works as well.
    }
    this.#webServer?.add(publication);
    for (const infoHash of announcedHashes(metainfo)) this.#admitted.add(infoHash);
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
    const linkNow = (): string => this.linkOf(metainfo, this.trackers);
    return {
      transfer,
      get link() {
        return linkNow();
      },
    };
  }

  /** A link that leads to us, and to these trackers, as we are reached now. */
  linkOf(metainfo: Metainfo, trackers: readonly string[]): string {
    return formatMagnet({
      ...infoHashesOf(metainfo),
      name: metainfo.name,
      totalBytes: contentBytesOf(metainfo),
      trackers,
      webSeeds: this.webSeeds,
      peers: this.session.port === 0 ? [] : this.#places('peers', this.session.port),
    });
  }

  /** What a torrent without a tracker names for who knows no node of the DHT (BEP 5): ours, which knows more. */
  get dhtNodes(): readonly DhtNode[] {
    if (this.trackers.length > 0 || !this.session.hasDht || this.session.port === 0) return [];
    return this.#places('peers', this.session.port)
      .map(parseDhtNode)
      .filter((node) => node !== null);
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

/** What is shared is whole: when something is missing, it has changed. */
function failsWhenWanting({ metainfo }: Publication): Transfer {
  const transfer: Transfer = new Transfer(undefined, () => transfer.fail(contentChanged(metainfo.name)));
  return transfer;
}

export function contentChanged(name: string): Failure {
  return new Failure('integrity', `${name} has changed while it was read.`, 'Its pieces no longer match their hashes.', 'Share it again.');
}
