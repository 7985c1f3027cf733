/**
 * The structured overlays that a user takes part in on this machine: the DHT of his node, and every `kith dht join`, a process of its own that
 * is found by its control socket. They are looked at, and keys are looked up through them. Owns the count of lookups under way.
 */

import { readdir } from 'node:fs/promises';
import { sha1 } from '../core/sha1.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { utf8Bytes } from '../core/utf8.ts';
import { Failure } from './failure.ts';
import { KEY_BYTES, type Located, type OverlayNode, type OverlayStatus, type PointStatus } from './overlay.ts';
import { RemoteOverlay } from './overlay-control.ts';
import { OVERLAYS } from './overlays.ts';

/** The node's own DHT; no process can be called so, since theirs begin with the overlay and a dash. */
export const OWN_DHT_NAME = 'dht';
/** A process that hangs is not waited for longer. */
const STATUS_MS_MAX = 2_000;
const LOOKUP_MS_MAX = 30_000;
/** Processes that are looked at: each is a connection. */
const PROCESSES_MAX = 64;
const LOOKUPS_MAX = 8;
/** As `ControlSocket` calls what keeps a second node from the same name; sockets have no file everywhere. */
const LOCK_NAME = /^dht-(([a-z]+)-([A-Za-z0-9][A-Za-z0-9._-]{0,31}))\.lock$/;

/** What can be looked at, and looked up through. */
export type SeenOverlay = Pick<OverlayNode, 'inspect' | 'lookup'>;

export interface PointView extends PointStatus {
  readonly zones: readonly string[];
}

export interface OverlayView extends OverlayStatus {
  /** `dht` for the node's own, or overlay and name of a process: `chord-default`. */
  readonly name: string;
  /** As `kith dht --name` takes it; null for the node's own. */
  readonly process: string | null;
  readonly points: readonly PointView[];
}

export interface OverlaySummary extends Pick<OverlayView, 'name' | 'process' | 'overlay' | 'address' | 'state' | 'keys'> {
  readonly neighbours: number;
}

export interface LookupView extends Located {
  /** Of 20 bytes, in hex: what was looked for. */
  readonly key: string;
}

export class LocalOverlays {
  readonly #folder: string;
  readonly #own: () => SeenOverlay | null;
  #lookups = 0;

  /** `folder`: where control sockets are. `own`: the DHT of the node, if it has one. */
  constructor(folder: string, own: () => SeenOverlay | null) {
    this.#folder = folder;
    this.#own = own;
  }

  /** The node's own first. Those that do not answer at once are left out. */
  async list(): Promise<readonly OverlaySummary[]> {
    const names = [...(this.#own() === null ? [] : [OWN_DHT_NAME]), ...(await this.#processes())];
    const views = await Promise.all(names.map((name) => this.view(name).catch(() => null)));
    return views.filter((view) => view !== null).map(summaryOf);
  }

  /** Rejects with a Failure. */
  async view(name: string): Promise<OverlayView> {
    const own = name === OWN_DHT_NAME ? this.#own() : null;
    const status = own?.inspect() ?? (await this.#remote(name, STATUS_MS_MAX).status());
    const points = status.points.map((point) => ({ ...point, zones: point.zones ?? [] }));
    return { ...status, name, process: own === null ? (processOf(name)?.name ?? null) : null, points };
  }

  /** `key`: any text, of which the SHA-1 is looked up, as `kith dht lookup` does; with `hex` the digits themselves. Rejects with a Failure. */
  async lookup(name: string, key: string, hex: boolean): Promise<LookupView> {
    const bytes = hex ? digitsOf(key) : sha1(utf8Bytes(key));
    if (this.#lookups >= LOOKUPS_MAX) {
      throw new Failure('interrupted', 'Too many keys are being looked up.', `There are ${LOOKUPS_MAX}.`, 'Wait for one of them.');
    }
    this.#lookups++;
    try {
      const own = name === OWN_DHT_NAME ? this.#own() : null;
      const located = await (own ?? this.#remote(name, LOOKUP_MS_MAX)).lookup(bytes);
      return { ...located, key: hexOf(bytes) };
    } finally {
      this.#lookups--;
    }
  }

  /** Throws a not-found Failure for a name that no node can have. */
  #remote(name: string, patienceMs: number): RemoteOverlay {
    const absent = (): Failure =>
      new Failure('not-found', `There is no overlay ${name} here.`, 'No such node runs.', 'Start one: kith dht join');
    if (processOf(name) === null) throw absent();
    return new RemoteOverlay(this.#folder, `dht-${name}`, absent, AbortSignal.timeout(patienceMs));
  }

  async #processes(): Promise<readonly string[]> {
    // Without a folder nothing has ever run.
    const files = await readdir(this.#folder).catch(() => []);
    return files
      .map((file) => LOCK_NAME.exec(file)?.[1] ?? '')
      .filter((name) => processOf(name) !== null)
      .sort()
      .slice(0, PROCESSES_MAX);
  }
}

function summaryOf({ name, process, overlay, address, state, keys, points }: OverlayView): OverlaySummary {
  const neighbours = new Set(points.flatMap((point) => point.neighbours.map(({ id, address: at }) => `${id} ${at}`))).size;
  return { name, process, overlay, address, state, keys, neighbours };
}

/** Null: no process is called so. */
function processOf(name: string): { readonly name: string } | null {
  const [, , overlay, own] = LOCK_NAME.exec(`dht-${name}.lock`) ?? [];
  return own !== undefined && OVERLAYS.some((entry) => entry.name === overlay) ? { name: own } : null;
}

function digitsOf(text: string): Uint8Array {
  const key = bytesOfHex(text);
  if (key?.length === KEY_BYTES) return key;
  throw new Failure(
    'usage',
    `${text} is no key in digits.`,
    `Expected ${2 * KEY_BYTES} hexadecimal digits.`,
    'Without `hex` any text is a key.',
  );
}
