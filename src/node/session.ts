/**
 * The composition of one running node: the BitTorrent engine and the DHT on one socket host, and next to it the embedded tracker on its own.
 * Owns both hosts; every command that moves data opens one session and closes it.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ENDPOINT_V4_BYTES, endpointIp, endpointPort } from '../core/endpoint.ts';
import type { Multicaster } from '../core/host.ts';
import { SideBySide } from '../core/side-by-side.ts';
import { PatientFetcher } from './patient-fetcher.ts';
import { ownAddresses } from '../net/own-addresses.ts';
import { type Proxy, ProxyError } from '../net/proxy.ts';
import { SocketHost } from '../net/socket-host.ts';
import { BitTorrent } from '../transfer/bittorrent/bittorrent.ts';
import type { EncryptionPolicy } from '../transfer/bittorrent/encryption-policy.ts';
import { IpFilter } from '../transfer/bittorrent/ip-filter.ts';
import type { AddTorrent, TorrentTotals } from '../transfer/bittorrent/torrent-status.ts';
import type { TransportChoice } from '../transfer/bittorrent/transports.ts';
import { LOCAL_DISCOVERY_GROUPS } from '../wire/local-discovery.ts';
import type { PeerFinder } from '../transfer/bittorrent/peer-finder.ts';
import type { DhtPlan } from './dht-plan.ts';
import { failureFrom } from './failure.ts';
import { IpFilterFile } from './ip-filter-file.ts';
import type { LimitSchedule } from './settings/limit-schedule.ts';
import { Limits } from './settings/limits.ts';
import { makeFolder } from './make-folder.ts';
import type { OwnDht } from './mainline-dht.ts';
import { MappedPorts } from './mapped-ports.ts';
import { openOnOnePort } from './open-host.ts';
import { proxyFailure } from './chosen-proxy.ts';
import { type SeenAddress, seenAddress } from './seen-address.ts';
import { tellNodes } from './torrent-nodes.ts';
import { Transfer } from './transfers/transfer.ts';

/** What is known of the DHT is kept so often: a crash costs no more. */
const REMEMBER_MS = 5 * 60_000;

export interface SessionOptions {
  readonly listenHost: string;
  /** Everything goes through it: nobody is listened to, and nothing said in our own network, whatever else is said here. */
  readonly proxy: Proxy | null;
  /** The port wanted; 0 for any. When it is taken, the next free one. */
  readonly listenPort: number;
  readonly transport: TransportChoice;
  /** UDP trackers beyond this machine will be asked. */
  readonly asksUdpTrackersElsewhere: boolean;
  /** Resume records lie below it. Sessions that may hold the same torrent at the same time need folders of their own. */
  readonly stateFolder: string;
  /** Content will be written: the thread for that is started at once. */
  readonly writes: boolean;
  /** Null: no node of the DHT. */
  readonly dht: DhtPlan | null;
  readonly encryption: EncryptionPolicy;
  /** Says in the network of `listenHost` what is shared, and hears what others say (BEP 14); on a loopback address nothing leaves it. */
  readonly localDiscovery: boolean;
  /** Peers in browsers, and where to ask how others see us; null: none. */
  readonly webRtc: { readonly iceServers: readonly string[] } | null;
  /** Why the router is not to be asked to map the port, or empty: then it is. */
  readonly whyNoPortMapping: string;
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  readonly uploadSlots: number | 'adaptive';
  readonly connectionsMax: number;
  readonly connectionsPerTorrentMax: number;
  /** See `BitTorrentOptions`; null: nobody looks. */
  readonly diskReserveBytes: number | null;
  /** Other limits by time of day; null: none. */
  readonly schedule: LimitSchedule | null;
  /** The list of addresses to keep away from; '' for none. */
  readonly ipFilterPath: string;
  /** Something that goes on, but not as it was wished, as a sentence. */
  readonly warn: (sentence: string) => void;
}

export class Session {
  readonly engine: BitTorrent;
  /** The port that peers reach us on. */
  readonly port: number;
  readonly stateFolder: string;
  /** Peers in our own network can find us, and we them. */
  readonly discoversLocally: boolean;
  /** What holds now; change it here. */
  readonly limits: Limits;
  /** There are datagrams: not every proxy carries them, and then there is no µTP, no DHT and no UDP tracker. */
  readonly hasDatagrams: boolean;
  /** What the router passes on; who opens more ports adds them here. */
  readonly mappedPorts: MappedPorts;
  /** Our node of the DHT, to be looked at; null without one. */
  readonly dht: OwnDht | null = null;
  readonly #host: SocketHost;
  readonly #ipFilter: IpFilterFile | null;
  readonly #fetcher: PatientFetcher;
  #peerFinder: PeerFinder | null = null;
  /** Behind a proxy no name is looked up here. */
  readonly #looksUp: boolean;
  #remember = (): void => {};
  readonly #remembering: NodeJS.Timeout;

  static async open(options: SessionOptions): Promise<Session> {
    makeFolder(options.stateFolder, `The state folder ${options.stateFolder} cannot be used.`);
    let filter = IpFilter.none;
    let session: Session | null = null;
    const filterFile =
      options.ipFilterPath === ''
        ? null
        : ipFilterFile(options, (changed) => {
            filter = changed;
            session?.engine.setIpFilter(changed);
          });
    await filterFile?.start();
    const host = await openHost(options).catch((error: unknown) => {
      filterFile?.stop();
      throw error;
    });
    if (options.writes) host.expectStores();
    const network = options.localDiscovery && options.proxy === null ? await host.openMulticast(LOCAL_DISCOVERY_GROUPS) : null;
    // Who has no use for a DHT does not wait for its sources to load.
    const mainline = options.dht === null || host.self.datagram === null ? null : await import('./mainline-dht.ts');
    const mappedPorts = await MappedPorts.open(options.whyNoPortMapping, options.listenHost);
    session = new Session(host, options, network, mainline, mappedPorts, filterFile);
    session.engine.setIpFilter(filter);
    return session;
  }

  private constructor(
    host: SocketHost,
    options: SessionOptions,
    network: Multicaster | null,
    mainline: typeof import('./mainline-dht.ts') | null,
    mappedPorts: MappedPorts,
    filterFile: IpFilterFile | null,
  ) {
    this.#ipFilter = filterFile;
    this.#host = host;
    this.mappedPorts = mappedPorts;
    this.discoversLocally = network !== null && network.groups.length > 0;
    this.hasDatagrams = host.self.datagram !== null;
    this.#fetcher = new PatientFetcher(options.proxy);
    this.#looksUp = options.proxy === null;
    this.port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    this.stateFolder = options.stateFolder;
    const both = new SideBySide(host);
    if (options.dht !== null && mainline !== null) {
      const known = new mainline.KnownNodes(join(options.stateFolder, 'dht-nodes.json'));
      const { dht } = options;
      const node = both.add((place) => mainline.mainlineNode(place, dht, known));
      this.#peerFinder = node;
      this.dht = new mainline.OwnDht(node, host);
      if (dht.reachesElsewhere) this.#remember = () => known.keep(node.save());
    }
    this.#remembering = setInterval(this.#remember, REMEMBER_MS);
    this.#remembering.unref();
    this.engine = both.add(
      (place) =>
        new BitTorrent(place, {
          ...(this.#peerFinder === null ? {} : { peerFinder: this.#peerFinder }),
          fetcher: this.#fetcher,
          listenPort: this.port,
          ...(network !== null && { localNetwork: network }),
          ...(options.webRtc !== null &&
            options.proxy === null && {
              webRtc: { channels: host.openChannels(), meetings: host.openWebRtc(options.webRtc.iceServers) },
            }),
          encryption: options.encryption,
          secretBytes: randomBytes,
          transport: options.transport,
          ownAddresses,
          uploadSlots: options.uploadSlots,
          uploadRateMax: options.uploadRateMax,
          downloadRateMax: options.downloadRateMax,
          connectionsMax: options.connectionsMax,
          connectionsPerTorrentMax: options.connectionsPerTorrentMax,
          ...(options.diskReserveBytes !== null && { diskReserveBytes: options.diskReserveBytes }),
          allowManyPerAddress: false,
        }),
    );
    host.run(() => both);
    this.limits = new Limits(this.engine, options, options.schedule);
    // Behind a proxy there is no port to come to.
    if (this.port !== 0) this.#mapPort(options);
  }

  /** Under which address the world sees this machine, as far as the router, peers and trackers tell. */
  seenAddress(): SeenAddress {
    const { externalAddress } = this.mappedPorts.status;
    const ip = this.engine.seenIp(4);
    const peers = ip === null ? null : ip.join('.');
    const ours = ownAddresses()
      .filter(({ length }) => length === ENDPOINT_V4_BYTES)
      .map(endpointIp);
    const local = ours.find((address) => address === externalAddress || address === peers) ?? ours[0] ?? null;
    return seenAddress({ router: externalAddress, peers, local });
  }

  #mapPort({ transport, dht }: SessionOptions): void {
    const tcp = transport === 'utp' ? [] : (['tcp'] as const);
    const udp = transport === 'tcp' && dht === null ? [] : (['udp'] as const);
    this.mappedPorts.onChange(() => {
      const outside = this.mappedPorts.outside('peers');
      if (outside === null) return;
      this.engine.setAnnouncedPort(outside.port);
      if (tcp.length > 0 && this.seenAddress().nat === 'one') this.engine.transports.letIn();
    });
    this.mappedPorts.add({ role: 'peers', port: this.port, transports: [...tcp, ...udp] });
    this.mappedPorts.start();
  }

  /** Trackers may introduce peers in browsers. */
  get meetsBrowsers(): boolean {
    return this.engine.webSocketTrackers !== null;
  }

  /** Peers may be found without a tracker. */
  get hasDht(): boolean {
    return this.#peerFinder !== null;
  }

  /** Adds a torrent; what happens to it comes through the transfer. */
  add(spec: Omit<AddTorrent, 'observer'>, transfer: Transfer = new Transfer()): Transfer {
    if (spec.metainfo !== null) {
      transfer.onTorrentMetadata('', spec.metainfo);
      if (this.#peerFinder !== null) void tellNodes(spec.metainfo, this.#peerFinder, this.#looksUp);
    }
    transfer.attach(this.engine.add({ ...spec, observer: transfer }));
    return transfer;
  }

  remove(transfer: Transfer): void {
    this.engine.remove(transfer.torrent.infoHashHex);
  }

  totals(): Readonly<TorrentTotals> {
    return this.engine.totals();
  }

  /** Says goodbye to peers and trackers, writes the resume records, lets go of the sockets. */
  async close(): Promise<void> {
    clearInterval(this.#remembering);
    this.limits.close();
    this.#ipFilter?.stop();
    this.#remember();
    // The router is told beside the goodbyes to peers and trackers, and is waited for no longer than a second.
    await Promise.all([this.#host.close(), this.mappedPorts.close()]);
    await this.#fetcher.close();
  }
}

function ipFilterFile({ ipFilterPath, warn }: SessionOptions, onFilter: (filter: IpFilter) => void): IpFilterFile {
  return new IpFilterFile(
    ipFilterPath,
    ({ filter, badLines, firstBadLine }) => {
      if (badLines > 0) warn(`${ipFilterPath}: ${badLines} lines mean nothing, the first is line ${firstBadLine}.`);
      onFilter(filter);
    },
    ({ message }) => warn(`${message} What was in it before goes on to hold.`),
  );
}

async function openHost({
  listenHost,
  listenPort,
  transport,
  dht,
  asksUdpTrackersElsewhere,
  stateFolder,
  proxy,
}: SessionOptions): Promise<SocketHost> {
  if (proxy !== null) return openBehind(proxy, stateFolder);
  // A socket bound to loopback could not ask trackers and nodes elsewhere. Over µTP nobody gets in by it who would not by TCP (`transports.ts`).
  const datagramAddress = asksUdpTrackersElsewhere || (dht?.reachesElsewhere === true && !dht.public) ? '::' : listenHost;
  // Peers know an address, not two: both transports and the DHT have one port number. The stream listener also says who may come in over µTP.
  if (transport !== 'tcp' || dht !== null) return openOnOnePort(listenHost, listenPort, { datagramAddress, stateFolder });
  const host = new SocketHost({ address: listenHost, datagramAddress, streamPort: listenPort, datagramPort: 0, stateFolder });
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `Port ${listenPort} on ${listenHost} cannot be opened.`);
  });
  return host;
}

async function openBehind(proxy: Proxy, stateFolder: string): Promise<SocketHost> {
  const host = new SocketHost({ proxy, streamPort: null, datagramPort: proxy.kind === 'http' ? null : 0, stateFolder });
  await host.open().catch((error: unknown) => {
    throw error instanceof ProxyError ? proxyFailure(error) : error;
  });
  return host;
}
