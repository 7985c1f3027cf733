/** The Host contract, held against real sockets on loopback, IPv4 and IPv6, and files in a temporary folder. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointOf } from '../src/core/endpoint.ts';
import type { Body, Endpoint, Host, Protocol } from '../src/core/host.ts';
import { SocketHost } from '../src/net/socket-host.ts';
import { type HostHarness, type HostNetwork, hostConformance } from './host-conformance.ts';
import { OverUtp } from './utp/over-utp.ts';

/** Real time that a condition may take on a busy machine. */
const UNTIL_MS_MAX = 20_000;

function harness(address: string, dialled: 'stream' | 'datagram' = 'stream'): HostHarness {
  return {
    async open(count: number, factory: (host: Host) => Protocol): Promise<HostNetwork> {
      const folder = mkdtempSync(join(tmpdir(), 'kith-conformance-'));
      const taps = new Map<string, number>();
      // Ports are taken before one is given up to be the deaf one, so that none of them gets it.
      const hosts = Array.from(
        { length: count },
        (_, index) => new SocketHost({ address, seed: index, stateFolder: join(folder, `${index}`) }),
      );
      for (const host of hosts) await host.open();
      const deafEndpoint = endpointOf(address, await portOfNobody(address)) as Endpoint;
      for (const [index, host] of hosts.entries()) {
        host.watch((event) => taps.set(`${index} ${event}`, (taps.get(`${index} ${event}`) ?? 0) + 1));
        host.run(factory);
      }
      return {
        hosts,
        endpointOf: (index) => (hosts[index] as SocketHost).self[dialled] as Endpoint,
        deafEndpoint,
        hostname: 'localhost',
        tapped: (index, event) => taps.get(`${index} ${event}`) ?? 0,
        location: (name) => join(folder, name),
        body: (bytes: Uint8Array, genuine: boolean): Body => (genuine ? bytes.slice() : bytes.map((byte) => byte ^ 0xff)),
        isGenuine: (body, bytes) => body instanceof Uint8Array && Buffer.compare(body, bytes) === 0,
        async until(condition, what) {
          const deadlineMs = performance.now() + UNTIL_MS_MAX;
          while (!condition()) {
            if (performance.now() > deadlineMs) throw new Error(`waited ${UNTIL_MS_MAX} ms for ${what}`);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        },
        pass: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
        async close() {
          for (const host of hosts) await host.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

/** Streams over µTP; who is deaf here is a host that speaks µTP and does not listen, since nobody else says so. */
function harnessOverUtp(address: string): HostHarness {
  const plain = harness(address, 'datagram');
  return {
    async open(count, factory, garbage) {
      const network = await plain.open(count, (host) => new OverUtp(host, factory), garbage);
      const deaf = new SocketHost({ address, streamPort: null });
      await deaf.open();
      deaf.run((host) => new OverUtp(host, () => new Deaf()));
      const close = async (): Promise<void> => {
        await deaf.close();
        await network.close();
      };
      return { ...network, deafEndpoint: deaf.self.datagram as Endpoint, close };
    },
  };
}

class Deaf implements Protocol {
  start(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

async function portOfNobody(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

hostConformance('sockets', harness('127.0.0.1'));
hostConformance('sockets over IPv6', harness('::1'));
hostConformance('sockets over µTP', harnessOverUtp('127.0.0.1'));
hostConformance('sockets over µTP and IPv6', harnessOverUtp('::1'));
