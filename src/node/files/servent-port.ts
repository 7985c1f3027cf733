/**
 * The port of a servent: the network's own connections and, told apart by their first bytes, requests for files and holders who were asked to dial. The
 * network's protocol and the file transfer live side by side on one host. Owns the host.
 */

import { AddressScope, mayName, scopeOf } from '../../core/address-scope.ts';
import { endpointOf, endpointPort, formatEndpoint, isLoopback, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host, Protocol, Stream, StreamHandler } from '../../core/host.ts';
import { HostView } from '../../core/host-view.ts';
import { SideBySide } from '../../core/side-by-side.ts';
import { SocketHost } from '../../net/socket-host.ts';
import { FileTransfers, type UploadOptions, UploadSlots } from '../../transfer/files/index.ts';
import { failureFrom } from '../failure.ts';
import { hostAndPort, isLoopback as isLoopbackName, linkHost } from '../link-host.ts';
import { openOnOnePort } from '../open-host.ts';
import { HostMemory } from '../search/host-memory.ts';
import type { SearchNetworkEntry } from '../search/networks.ts';
import type { NetworkPlace } from '../search/search-network.ts';
import { LibraryContent } from './library-content.ts';

const CONNECTIONS_MAX = 1_024;
const USER_AGENT = 'kith/0.1';
const NOWHERE_IN_PARTICULAR = '::';

/** As both networks want it: who takes streams that begin with no greeting of theirs. */
interface OtherStreams {
  take(stream: Stream, begun: Uint8Array): StreamHandler<unknown, unknown> | null;
}

export class ServentPort {
  readonly #host: SocketHost;
  readonly #place: NetworkPlace;
  readonly #slots: UploadSlots;
  #files: FileTransfers | null = null;

  /** Rejects with a Failure. */
  static async open(place: NetworkPlace, entry: Pick<SearchNetworkEntry, 'name' | 'hostsSetting'>): Promise<ServentPort> {
    const { listenHost, port, proxy } = place;
    // Nobody from elsewhere is let in; but who is asked there by datagram is to be reached.
    const datagramAddress = isLoopbackName(listenHost) && begins(place, entry) === 'elsewhere' ? NOWHERE_IN_PARTICULAR : listenHost;
    const options = { datagramAddress, connectionsMax: CONNECTIONS_MAX };
    if (proxy === null) return new ServentPort(await openOnOnePort(listenHost, port, options), place);
    const host = new SocketHost({ ...options, proxy });
    await host.open().catch((error: unknown) => {
      throw failureFrom(error, `${entry.name} cannot be joined.`);
    });
    return new ServentPort(host, place);
  }

  private constructor(host: SocketHost, place: NetworkPlace) {
    this.#host = host;
    this.#place = place;
    this.#slots = new UploadSlots({ slotsMax: place.uploadSlotsMax });
  }

  /** Makes the network's protocol, and the file transfer beside it. */
  run<P extends Protocol>(factory: (host: Host, others: OtherStreams) => P, uploads: Pick<UploadOptions, 'browse' | 'pushProxy'> = {}): P {
    const { announceHost, shared, uploadBudget } = this.#place;
    const others: OtherStreams = { take: (stream, begun) => this.files.door.accept(stream, begun) };
    // What `run` makes is made inside the call.
    let network: P | null = null;
    this.#host.run((host) => {
      const both = new SideBySide(host);
      network = both.add((own) => factory(announceHost === '' ? own : new AnnouncedHost(own, announceHost), others));
      const own = { content: new LibraryContent(shared), userAgent: USER_AGENT, slots: this.#slots, budget: uploadBudget, listens: false };
      const options = { ...own, ...uploads };
      this.#files = both.add((own) => new FileTransfers(own, options));
      return both;
    });
    return network as unknown as P;
  }

  get files(): FileTransfers {
    if (this.#files === null) throw new Error('expected a port that runs');
    return this.#files;
  }

  /** All places for those who want files are taken. */
  get isBusy(): boolean {
    return this.#slots.runningCount >= this.#slots.options.slotsMax;
  }

  /** When something was, by the clock of the machine, of which the host's own knows nothing. */
  sinceMs(hostMs: number): number {
    return Date.now() - (this.#host.now() - hostMs);
  }

  /** Where others come to: as it is known, or else as it seems. Null: nobody can. */
  addressText(known: Endpoint | null): string | null {
    const { stream } = this.#host.self;
    if (stream === null) return null;
    if (known !== null) return formatEndpoint(known);
    return hostAndPort(linkHost(this.#place.listenHost, this.#place.announceHost), endpointPort(stream));
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

/** Others are told an address that somebody has chosen, such as that of a router in front of us. */
class AnnouncedHost extends HostView {
  readonly #announceHost: string;

  constructor(host: Host, announceHost: string) {
    super(host);
    this.#announceHost = announceHost;
  }

  override get self(): { readonly datagram: Endpoint | null; readonly stream: Endpoint | null } {
    const { datagram, stream } = this.host.self;
    return { datagram, stream: stream === null ? null : (endpointOf(this.#announceHost, endpointPort(stream)) ?? stream) };
  }
}

/**
 * Whom the network can begin at. nobody: it may be the first of its network. here: on this machine. elsewhere: not only there, as far as can be known
 * before names are looked up.
 */
export function begins(
  { caller }: NetworkPlace,
  { name, hostsSetting }: Pick<SearchNetworkEntry, 'name' | 'hostsSetting'>,
): 'nobody' | 'here' | 'elsewhere' {
  const { settings } = caller;
  const named = settings
    .get(hostsSetting)
    .split(',')
    .filter((text) => text.trim() !== '');
  const known = [...named.map((text) => parseEndpoint(text.trim())), ...new HostMemory(settings.folders.state).recall(name)];
  const introducers = settings
    .get('networks.introducers')
    .split(',')
    .filter((url) => url.trim() !== '');
  if (known.length + introducers.length === 0) return 'nobody';
  const areHere = known.every((endpoint) => endpoint !== null && isLoopback(endpoint));
  return areHere && introducers.every((url) => isLoopbackName(URL.parse(url.trim())?.hostname ?? '')) ? 'here' : 'elsewhere';
}

/**
 * Whether an address that strangers tell of can be meant for us: not one that lies further inside than we ourselves, or, where our own address tells
 * nothing (none is known, or it is that of every machine), than those around us.
 */
export function mayMean(endpoint: Endpoint, own: Endpoint | null, around: Iterable<Endpoint>): boolean {
  if (scopeOf(endpoint) === AddressScope.public) return true;
  if (own !== null && !isLoopback(own)) return mayName(own, endpoint);
  for (const each of around) if (mayName(each, endpoint)) return true;
  return false;
}
