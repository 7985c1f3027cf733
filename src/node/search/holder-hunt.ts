/**
 * Looks for holders of one file on all networks while it is fetched: by its hashes, at once and then ever more rarely, as holders come and go. Every
 * one that has the same hash is added, whatever network told of him. Owns the search under way.
 */

import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { targetOfHashes } from '../../transfer/files/file-target.ts';
import type { CallBackPlace, FirewalledAlternate } from '../../transfer/files/index.ts';
import type { FileFetch } from '../files/file-fetch.ts';
import type { HolderWay } from '../../transfer/files/holder-way.ts';
import type { WantedFile } from '../../transfer/files/wanted-file.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { HASH_KINDS, NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import type { SearchNetwork } from './search-network.ts';
import { SearchRoom } from './search-room.ts';
import { holderKey, ROWS_MAX, sameBytes, type SearchWish, WAIT_MS_DEFAULT } from './search-wish.ts';

/** Between two searches: doubles as long as it goes on. */
const AGAIN_MS_MIN = 60_000;
const AGAIN_MS_MAX = 15 * 60_000;
/** What one download is fed by; more would not make it faster. */
export const HOLDERS_HUNTED_MAX = 120;
const GUID_BYTES = 16;

export class HolderHunt {
  readonly #wanted: WantedFile;
  readonly #fetch: Pick<FileFetch, 'add'>;
  readonly #networks: () => readonly SearchNetwork[];
  /** By their ways. */
  readonly #added = new Map<string, SearchHit>();
  readonly #over = new AbortController();
  #room: SearchRoom | null = null;
  #waitMs = AGAIN_MS_MIN;
  #again: NodeJS.Timeout | null = null;
  #againAtMs: number | null = null;

  /** `known`: holders that a search has found before, added at once. Searches from `beginMs` from now on, until `stop`. */
  constructor(
    wanted: WantedFile,
    fetch: Pick<FileFetch, 'add'>,
    networks: () => readonly SearchNetwork[],
    known: readonly SearchHit[],
    beginMs = 0,
  ) {
    this.#wanted = wanted;
    this.#fetch = fetch;
    this.#networks = networks;
    for (const hit of known) this.#add(hit);
    if (beginMs === 0) void this.#look();
    else this.#lookIn(beginMs);
  }

  /** Holders that were handed on. */
  get holders(): number {
    return this.#added.size;
  }

  /** Those holders, for a later hunt. */
  get hits(): readonly SearchHit[] {
    return [...this.#added.values()];
  }

  /** How long until the networks are asked again, in ms; null: they are being asked. */
  get againInMs(): number | null {
    return this.#againAtMs === null ? null : Math.max(0, this.#againAtMs - performance.now());
  }

  stop(): void {
    this.#over.abort();
    if (this.#again !== null) clearTimeout(this.#again);
    this.#room?.stop('Enough.');
  }

  #lookIn(ms: number): void {
    this.#againAtMs = performance.now() + ms;
    this.#again = setTimeout(() => void this.#look(), ms);
  }

  async #look(): Promise<void> {
    this.#againAtMs = null;
    const networks = this.#networks();
    if (networks.length > 0 && HASH_KINDS.some((kind) => this.#wanted.hashes[kind] !== null)) {
      const room = new SearchRoom(0, wishFor(this.#wanted), networks);
      this.#room = room;
      for await (const { rows } of room.follow(0, this.#over.signal)) {
        for (const { number } of rows) for (const hit of room.group(number)?.hits ?? []) this.#add(hit);
        if (this.#added.size >= HOLDERS_HUNTED_MAX) room.stop('That is enough.');
      }
      room.stop('Enough.');
    }
    if (this.#over.signal.aborted) return;
    this.#lookIn(this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, AGAIN_MS_MAX);
  }

  #add(hit: SearchHit): void {
    const network = this.#networks().find(({ name }) => name === hit.network);
    const way = network === undefined || !isSame(this.#wanted, hit) ? null : wayTo(network, hit);
    if (way === null || this.#added.has(way.name) || this.#added.size >= HOLDERS_HUNTED_MAX) return;
    this.#added.set(way.name, hit);
    this.#fetch.add(way);
  }
}

/** Through the network that has told of him, each time that he is asked. */
export function wayTo(network: SearchNetwork, hit: SearchHit): HolderWay {
  const { id, locator, firewalled, proxies } = hit.holder;
  const guid = firewalled && proxies.length > 0 ? bytesOfHex(id) : null;
  return {
    name: `${holderKey(hit)} ${locator}`,
    network: hit.network,
    reach: (listener) => network.reach(hit, listener),
    ...(guid?.length === GUID_BYTES && { firewalled: { guid, proxies } }),
  };
}

/** One of Gnutella who has to be pushed, of whom another holder has told (`X-Falt`). Null: we are not there, or the file has no name that he would know. */
export function pushedWay(
  networks: readonly SearchNetwork[],
  { bytes, hashes }: WantedFile,
  { guid, proxies }: FirewalledAlternate,
): HolderWay | null {
  const network = networks.find(({ name }) => name === 'gnutella');
  const locator = targetOfHashes({ ...NO_HASHES, sha1: hashes.sha1 });
  if (network === undefined || locator === null) return null;
  const holder = { endpoint: null, locator, id: hexOf(guid), firewalled: true, busy: false, speed: 0, proxies };
  return wayTo(network, { network: 'gnutella', name: '', bytes, kind: 'other', tags: NO_TAGS, hashes, holder });
}

/** Where uploaders call us when it is our turn: whichever network has such a place, as it runs then. */
export function callBacksBy(networks: () => readonly SearchNetwork[]): CallBackPlace {
  const place = (): CallBackPlace | null => networks().find(({ callBacks }) => callBacks !== undefined)?.callBacks ?? null;
  return {
    get node() {
      return place()?.node ?? null;
    },
    expect: (queueId, caller) => place()?.expect(queueId, caller) ?? null,
  };
}

/** The size is right, and no hash contradicts. */
function isSame({ bytes, hashes }: WantedFile, hit: SearchHit): boolean {
  if (hit.bytes !== bytes) return false;
  return HASH_KINDS.every((kind) => hashes[kind] === null || hit.hashes[kind] === null || sameBytes(hashes[kind], hit.hashes[kind]));
}

function wishFor({ bytes, hashes }: WantedFile): SearchWish {
  return {
    text: 'holders of a file',
    request: { words: [], hashes, bytesMin: bytes, bytesMax: bytes, limit: HOLDERS_HUNTED_MAX },
    browse: null,
    networks: null,
    waitMs: WAIT_MS_DEFAULT,
    enough: ROWS_MAX,
  };
}
