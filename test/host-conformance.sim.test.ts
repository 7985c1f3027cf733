/** The Host contract, held against the simulator in both of its modes. */

import type { Body, Host, Protocol } from '../src/core/host.ts';
import { GENUINE, SimBody } from '../src/sim/sim-body.ts';
import { World } from '../src/sim/world.ts';
import { type HostHarness, type HostNetwork, hostConformance } from './host-conformance.ts';
import { OverUtp } from './utp/over-utp.ts';

/** Virtual time that a condition may take. */
const UNTIL_MS_MAX = 60_000;

class Deaf implements Protocol {
  start(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

type Wrap = (host: Host, factory: (host: Host) => Protocol) => Protocol;
const plain: Wrap = (host, factory) => factory(host);
const overUtp: Wrap = (host, factory) => new OverUtp(host, factory);

function harness(mode: 'reference' | 'bytes', chunkBytes: number, wrap = plain): HostHarness {
  return {
    async open(count: number, factory: (host: Host) => Protocol, garbage: boolean): Promise<HostNetwork> {
      const world = new World({ seed: 1, mode, chunkBytes, latency: { kind: 'constant', ms: 5 } });
      const nodes = Array.from({ length: count }, () =>
        world.addNode((host) => wrap(host, factory), { encodes: garbage, upBytesPerSecond: 100e6 }),
      );
      const deaf = world.addNode((host) => wrap(host, () => new Deaf()));
      world.name('first.sim', nodes[0] ?? deaf);
      const taps = new Map<string, number>();
      world.onTap = (node, event) => void taps.set(`${node} ${event}`, (taps.get(`${node} ${event}`) ?? 0) + 1);
      world.runFor(0);
      return {
        hosts: nodes.map((node) => node.host),
        endpointOf: (index) => (nodes[index] ?? deaf).endpoint,
        deafEndpoint: deaf.endpoint,
        hostname: 'first.sim',
        tapped: (index, event) => taps.get(`${index} ${event}`) ?? 0,
        location: (name) => name,
        body: (bytes: Uint8Array, genuine: boolean): Body => new SimBody(bytes.length, genuine ? GENUINE : 66),
        isGenuine: (body, bytes) => body instanceof SimBody && body.mark === GENUINE && body.length === bytes.length,
        async until(condition, what) {
          if (!world.runUntil(condition, UNTIL_MS_MAX)) throw new Error(`waited ${UNTIL_MS_MAX} virtual ms for ${what}`);
        },
        async pass(milliseconds) {
          world.runFor(milliseconds);
        },
        async close() {},
      };
    },
  };
}

hostConformance('sim', harness('reference', 16_384));
hostConformance('sim in bytes mode, in small chunks', harness('bytes', 700));
hostConformance('sim over µTP', harness('reference', 16_384, overUtp));
hostConformance('sim over µTP in bytes mode', harness('bytes', 16_384, overUtp));
