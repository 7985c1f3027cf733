/** The tracker that a sharing node brings along, on a socket host of its own; owns that host. */

import { randomBytes } from 'node:crypto';
import { endpointPort } from '../core/endpoint.ts';
import type { SocketHost } from '../net/socket-host.ts';
import { Tracker, type TrackerInspection, type TrackerOptions } from '../overlays/tracker/index.ts';
import { openOnOnePort } from './open-host.ts';

export class EmbeddedTracker {
  readonly port: number;
  readonly #host: SocketHost;
  readonly #tracker: Tracker;

  static async open(listenHost: string, port: number, options: Partial<TrackerOptions>): Promise<EmbeddedTracker> {
    const host = await openOnOnePort(listenHost, port);
    return new EmbeddedTracker(host, options);
  }

  private constructor(host: SocketHost, options: Partial<TrackerOptions>) {
    this.#host = host;
    this.port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    this.#tracker = host.run((asHost) => new Tracker(asHost, { secret: randomBytes(8), channels: host.openChannels(), ...options }));
  }

  inspect(): TrackerInspection {
    return this.#tracker.inspect();
  }

  async close(): Promise<void> {
    await this.#host.close();
  }
}
