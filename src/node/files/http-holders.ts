/**
 * Ways to holders who speak HTTP and were found by a network that can have them pushed (Gnutella, Gnutella2): dialled where they are, or asked to dial
 * us. Owns what is remembered of those that were reached for.
 */

import { bytesOfHex } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { FileAsk, PushDesk, WayAttempt, WayListener } from '../../transfer/files/index.ts';
import type { Holder, SearchHit } from '../../wire/search-hit.ts';

/** Holders that were reached for lately; the oldest is forgotten. */
const REACHED_MAX = 1_000;
const GUID_BYTES = 16;
/** Who has no neighbours yet knows neither whom to send a push by, nor what of an address to believe; so often and so long he looks again. */
const LOOK_MS = 250;
const LOOKS_MAX = 40;

/** What the network knows and does. */
export interface PushingNetwork {
  /** Has neighbours. */
  readonly isMember: boolean;
  /** Has him told to dial us. False: nobody can pass that on, or we cannot be dialled. */
  push(holder: Holder, index: number): boolean;
  /** Whether an address that strangers tell of can be meant for us, and is none of our own network that they want knocked at. */
  mayDial(endpoint: Endpoint): boolean;
}

export class HttpHolders {
  readonly #network: PushingNetwork;
  readonly #desk: PushDesk;
  /** How often each was reached for, by who and what. */
  readonly #reached = new Map<string, number>();

  constructor(network: PushingNetwork, desk: PushDesk) {
    this.#network = network;
    this.#desk = desk;
  }

  /** Answers in a later event. */
  reach({ holder }: SearchHit, listener: WayListener): WayAttempt {
    // Who is reached for again could perhaps not be dialled where he says that he is: every second time he is asked to come.
    const prefersPush = this.#countUp(`${holder.id} ${holder.locator}`) % 2 === 1;
    return new Reaching((isLast) => this.#try(holder, prefersPush, isLast, listener));
  }

  /** Null: it is too early. */
  #try(holder: Holder, prefersPush: boolean, isLast: boolean, listener: WayListener): WayAttempt | null {
    const ask: FileAsk = { speech: 'http', target: holder.locator, headers: [] };
    const { endpoint } = holder;
    const dials = endpoint !== null && !holder.firewalled && this.#network.mayDial(endpoint);
    if (prefersPush || !dials) {
      if (!this.#network.isMember && !isLast) return null;
      const guid = bytesOfHex(holder.id);
      if (guid?.length === GUID_BYTES && this.#network.push(holder, indexIn(holder.locator)))
        return this.#desk.way(holder.id, { guid }, PUSHED, ask).reach(listener);
    }
    if (dials) listener.onAddress(endpoint, ask);
    else listener.onUnreachable('nobody can pass the push on');
    return DONE;
  }

  /** How often it was before. */
  #countUp(key: string): number {
    const before = this.#reached.get(key) ?? 0;
    this.#reached.delete(key);
    if (this.#reached.size >= REACHED_MAX) this.#reached.delete(this.#reached.keys().next().value as string);
    this.#reached.set(key, before + 1);
    return before;
  }
}

/** One who is reached for, as soon as it can be. */
class Reaching implements WayAttempt {
  #timer: NodeJS.Timeout;
  #attempt: WayAttempt | null = null;

  constructor(go: (isLast: boolean) => WayAttempt | null) {
    let looks = 0;
    const look = (): void => {
      this.#attempt = go(++looks >= LOOKS_MAX);
      if (this.#attempt === null) this.#timer = setTimeout(look, LOOK_MS);
    };
    this.#timer = setTimeout(look, 0);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#attempt?.cancel();
  }
}

const DONE: WayAttempt = { cancel() {} };
/** The push is on its way already. */
const PUSHED = { push: () => true };

/** Of `/get/index/name`; 0 where the file is asked for by its hash: who comes is told which one it is then. */
function indexIn(locator: string): number {
  return Number(/^\/get\/(\d{1,10})\//.exec(locator)?.[1] ?? 0);
}
