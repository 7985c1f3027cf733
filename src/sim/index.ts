/** The simulator: `kith/sim`. Begin with `World`; `docs/simulator.md` says what is modelled. */

export type { Counters, Drops } from './counters.ts';
export { type FaultRates, NO_FAULTS } from './fault-rates.ts';
export type { LatencySpec } from './latency.ts';
export type { LinkSpec } from './link.ts';
export { type Fault, type FaultKind, FaultPlan, type FaultPlanOptions } from './fault-plan.ts';
export { Lan } from './lan.ts';
export { NAT_KINDS, type NatBehaviour, type NatDependence, type NatKind, type NatPorts, type NatSpec } from './nat-spec.ts';
export type { MessageWatcher } from './datagrams.ts';
export { forSeeds } from './seeds.ts';
export { GENUINE, SimBody } from './sim-body.ts';
export { SimChannels } from './sim-channels.ts';
export type { NodeOptions, ProtocolFactory, SimNode } from './sim-node.ts';
export { SimWebRtc } from './sim-web-rtc.ts';
export { World, type WorldOptions } from './world.ts';
