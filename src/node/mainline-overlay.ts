/** The Mainline DHT behind the interface of all overlays: a node by itself, or a client. The node beside the engine is `mainline-dht.ts`. */

import { formatEndpoint, isLoopback } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import type { SocketHost } from '../net/socket-host.ts';
import { type HostPort, MAINLINE_ROUTERS } from '../overlays/kademlia/index.ts';
import { Failure } from './failure.ts';
import { KnownNodes } from './mainline-dht.ts';
import { MainlineAccess } from './mainline-access.ts';
import { mainlineStatus } from './mainline-view.ts';
import type { ClientOptions, MemberOptions, OverlayClient, OverlayMaker, OverlayNode, OverlayStatus } from './overlay.ts';

/** What BEP 44 allows, bencoded. */
const VALUE_BYTES_MAX = 1000;
/** The protocol gives an entry up after five seconds. */
const CLIENT_PATIENCE_MS = 6000;
const LOOK_MS = 20;
/** A client lives for a moment: who answers late is of use at once. */
const CLIENT_TICK_MS = 500;
/** Whom a node knows is kept so often: a crash costs no more. */
const REMEMBER_MS = 5 * 60_000;

export const mainlineOverlay: OverlayMaker = {
  valueBytesMax: VALUE_BYTES_MAX,
  listensOnAll: true,
  handsOver: false,
  member: (host, options) => new MainlineNode(host, options),
  client: (host, options) => new MainlineUser(host, options),
};

class MainlineNode extends MainlineAccess implements OverlayNode {
  readonly address: string;
  readonly #known: KnownNodes | null;
  readonly #remembering: NodeJS.Timeout;
  /** It is the first: there is nobody to wait for. */
  readonly #isFounder: boolean;
  #left = false;

  constructor(host: SocketHost, { endpoint, entries, founds, stateFile }: MemberOptions) {
    // Nothing leaves this machine that nobody asked for: what others know by heart is asked by who lets them in.
    const isPublic = !isLoopback(endpoint) && !founds;
    const known = isPublic ? new KnownNodes(stateFile) : null;
    super(host, { bootstrap: entries, bootstrapNames: routers(isPublic && entries.length === 0), state: known?.recall() ?? null });
    this.address = formatEndpoint(endpoint);
    this.#known = known;
    this.#isFounder = entries.length === 0 && !isPublic;
    this.#remembering = setInterval(() => this.#remember(), REMEMBER_MS);
    this.#remembering.unref();
  }

  async join(): Promise<void> {
    while (!this.#isMember && !this.#left) await soon();
  }

  leave(): Promise<boolean> {
    this.#remember();
    this.#left = true;
    return Promise.resolve(false);
  }

  inspect(): OverlayStatus {
    return mainlineStatus(this.dht, this.host, this.address, this.#left ? 'left' : this.#isMember ? 'member' : 'joining');
  }

  override async close(): Promise<void> {
    clearInterval(this.#remembering);
    this.#left = true;
    await super.close();
  }

  protected nobody(): Failure {
    return new Failure(
      'unreachable',
      'The node knows no other node.',
      'Nobody has joined it, or those it began with are silent.',
      'See: kith dht status --overlay mainline',
    );
  }

  get #isMember(): boolean {
    return this.#isFounder || this.dht.isJoined;
  }

  #remember(): void {
    this.#known?.keep(this.dht.save());
  }
}

/** Who only reads (BEP 43): it will be gone in a moment, and belongs into nobody's table. */
class MainlineUser extends MainlineAccess implements OverlayClient {
  readonly #entries: readonly Endpoint[];

  constructor(host: SocketHost, { entries }: ClientOptions) {
    super(host, { bootstrap: entries, readOnly: true, tickMs: CLIENT_TICK_MS });
    this.#entries = entries;
  }

  /** One contact is enough: a lookup finds the others. */
  async enter(): Promise<void> {
    const untilMs = this.dht.host.now() + CLIENT_PATIENCE_MS;
    while (this.dht.networks.every(({ table }) => table.size === 0)) {
      if (this.dht.host.now() > untilMs) throw this.nobody();
      await soon();
    }
  }

  protected nobody(): Failure {
    const where = this.#entries.map(formatEndpoint).join(', ');
    const why = this.host.counters.malformed === 0 ? '' : 'What came from there is not the Mainline DHT.';
    return new Failure('unreachable', `Nobody answers at ${where}.`, why, 'Check the address, and that a node listens on it over UDP.');
  }
}

function routers(wanted: boolean): readonly HostPort[] {
  return wanted ? MAINLINE_ROUTERS : [];
}

function soon(): Promise<void> {
  return new Promise((done) => setTimeout(done, LOOK_MS));
}
