/**
 * A watched world as server-sent events: `places` when nodes have come or moved, `frame` as often as there is one and the client has read the
 * last. Arrays of numbers go as base64 of their bytes, low byte first. Owns one client's connection.
 */

import type { ServerResponse } from 'node:http';
import type { Frame, Places, SearchTrailView } from '../../../lab/live/live-frame.ts';
import type { LiveLab } from '../../lab/live-lab.ts';

export const FRAMES_ROUTE = {
  path: '/lab/worlds/{world}/frames',
  id: 'followWorld',
  summary: 'What happens in a world, up to ten times a second: places and frames. A client that reads slowly gets fewer.',
};

const ALIVE_MS = 15_000;

export class FrameStream {
  readonly #lab: LiveLab;
  readonly #world: number;
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #latest: Frame | null = null;
  #placesSent = 0;
  #busy = false;

  constructor(lab: LiveLab, world: number, response: ServerResponse, signal: AbortSignal) {
    this.#lab = lab;
    this.#world = world;
    this.#response = response;
    this.#signal = signal;
  }

  /** Until the signal. Throws a Failure when there is no such world. */
  start(): void {
    const alive = setInterval(() => this.#response.write(':\n\n'), ALIVE_MS);
    this.#signal.addEventListener('abort', () => clearInterval(alive), { once: true });
    this.#lab.watch(this.#world, (frame) => this.#onFrame(frame), this.#signal);
  }

  /** Only the latest waits: what a slow client has missed, it has missed. */
  #onFrame(frame: Frame): void {
    this.#latest = frame;
    if (!this.#busy) void this.#send();
  }

  async #send(): Promise<void> {
    this.#busy = true;
    try {
      for (let frame = this.#latest; frame !== null && !this.#signal.aborted; frame = this.#latest) {
        this.#latest = null;
        if (frame.placesVersion !== this.#placesSent) {
          const places = await this.#lab.ask(this.#world, (session) => session.places());
          this.#placesSent = places.version;
          await this.#write('places', shownPlaces(places));
        }
        await this.#write('frame', shownFrame(frame));
      }
    } catch {
      // The world has ended: so does its stream, and whoever asks again is told.
      this.#response.end();
    } finally {
      this.#busy = false;
    }
  }

  async #write(event: string, data: object): Promise<void> {
    if (this.#signal.aborted || this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#response.off('drain', go);
        this.#signal.removeEventListener('abort', go);
        resolve();
      };
      this.#response.once('drain', go);
      this.#signal.addEventListener('abort', go, { once: true });
    });
  }
}

function shownPlaces({ spots, boxes, roles, links, ...rest }: Places): object {
  return { ...rest, spots: base64(spots), boxes: base64(boxes), roles: base64(roles), links: base64(links) };
}

function shownFrame({ states, messages, swarm, ...rest }: Frame): object {
  return { ...rest, states: base64(states), messages: base64(messages), swarm: swarm === null ? null : shownSwarm(swarm) };
}

function shownSwarm({ parts, serving, holders, done }: NonNullable<Frame['swarm']>): object {
  return { parts: base64(parts), serving: base64(serving), holders: base64(holders), done };
}

/** The way of a search as it travels. */
export function shownTrail({ hops, since, messages, ...rest }: SearchTrailView) {
  return { ...rest, hops: base64(hops), since: base64(since), messages: base64(messages) };
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Float32Array | Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
