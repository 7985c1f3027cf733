/** The numbers of a node as Prometheus reads them (text format 0.0.4). Owns the registry. */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { NodeOperations } from '../node-operations.ts';
import type { NodeView } from '../node-view.ts';

export class Metrics {
  readonly #node: NodeOperations;
  readonly #registry = new Registry();

  constructor(node: NodeOperations) {
    this.#node = node;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const status = await this.#node.status();
    const states = this.#gauge('kith_transfers', 'Transfers by state.', ['state']);
    states.reset();
    for (const [state, count] of Object.entries(status.states)) states.set({ state }, count);
    for (const [name, help, value] of numbers(status)) this.#gauge(name, help, []).set(value);
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    // What was made here under that name is a gauge.
    const known = this.#registry.getSingleMetric(name) as Gauge | undefined;
    return known ?? new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}

function numbers({ totals, startedAtMs, sequence }: NodeView): (readonly [string, string, number])[] {
  return [
    ['kith_peers', 'Connected peers.', totals.peers],
    ['kith_upload_rate_bytes', 'Payload sent, bytes a second.', totals.uploadRate],
    ['kith_download_rate_bytes', 'Payload received, bytes a second.', totals.downloadRate],
    ['kith_uploaded_bytes', 'Payload sent in this run.', totals.uploadedBytes],
    ['kith_downloaded_bytes', 'Payload received in this run.', totals.downloadedBytes],
    ['kith_start_time_seconds', 'When the node was started, in seconds since 1970.', startedAtMs / 1000],
    ['kith_events', 'Events told in this run.', sequence],
  ];
}
