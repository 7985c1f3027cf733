/**
 * One run of an overlay, as far as all scenarios have it in common: a world, a network in it that has begun as the spec says, those that
 * fail at once, and churn. Owns the world, its meter and its bounds: no run goes on for ever.
 */

import { Random } from '../core/random.ts';
import { Churn } from './churn.ts';
import { NetworkRun } from './network-run.ts';
import type { OverlayNetwork } from './overlay-model.ts';
import type { RunSpec } from './run-spec.ts';
import { FAILURE_STREAM } from './streams.ts';
import { completeOptions } from './system-options.ts';
import { overlaySystemOf } from './systems/index.ts';

export class OverlayRun extends NetworkRun<OverlayNetwork> {
  readonly network: OverlayNetwork;
  readonly churn: Churn;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, seed: number) {
    const system = overlaySystemOf(spec.system);
    if (spec.nat !== undefined) throw new RangeError(`nobody behind a NAT expected in a run of ${spec.system}: only swarms go behind NATs`);
    const options = completeOptions(system.name, system.defaults, spec.options);
    super(spec, seed);
    this.network = system.build(this.world, options, seed);
    this.churn = new Churn(this.world, this.network, spec.churn, seed);
  }

  /** The network as the spec has it at the beginning; nobody has failed yet. */
  begin(): void {
    if (this.spec.start === 'ideal') {
      this.network.addIdeal(this.spec.nodes);
      // Nodes start in events of this moment.
      this.runFor(1);
    } else {
      this.grow(() => void this.network.join());
    }
  }

  /** The share of the nodes that the spec says falls silent, if any, and the time that the others get to repair. */
  fail(): void {
    const { failure } = this.spec;
    if (failure === null) return;
    const count = Math.round(failure.share * this.network.live.length);
    const nodes = [...this.network.live].sort((a, b) => a - b);
    for (const node of new Random(this.seed, FAILURE_STREAM).shuffle(nodes).slice(0, count)) this.network.crash(node);
    this.runFor(failure.repairMs);
  }

  /** To that moment, unless it is over already. */
  runTo(atMs: number): void {
    this.runFor(Math.max(0, atMs - this.world.now));
  }

  /** Bytes that all nodes have sent so far, headers of datagrams included. */
  get bytesSent(): number {
    return this.world.nodes.reduce((sum, node) => sum + node.bytesUp, 0);
  }
}
