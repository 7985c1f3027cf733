/** Strangers who send datagrams to those that gossip, on real sockets: garbage, random words, floods. They go on doing what they are for, and say little. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { endpointPort } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint, Host, Protocol } from '../../src/core/host.ts';
import { id160 } from '../../src/core/id160.ts';
import { Random } from '../../src/core/random.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { broadcastCodec } from '../../src/overlays/gossip/broadcast-messages.ts';
import { cyclonCodec } from '../../src/overlays/gossip/cyclon.ts';
import {
  Broadcast,
  BROADCAST_DEFAULTS,
  Cyclon,
  CYCLON_DEFAULTS,
  RUMOUR_DEFAULTS,
  Rumours,
  Swim,
  SWIM_DEFAULTS,
} from '../../src/overlays/gossip/index.ts';
import { rumourCodec } from '../../src/overlays/gossip/rumour-messages.ts';
import { swimCodec } from '../../src/overlays/gossip/swim.ts';
import { SEED } from '../codec-laws.ts';
import { until } from '../interop/peers/process-group.ts';
import { mutate } from '../mutate.ts';
import { RawDatagrams } from './raw-datagrams.ts';

const NODES = 4;
const GARBAGE = 10_000;
const WORDS = 5_000;
const DATAGRAM_BYTES_MAX = 65_507;
const FLOOD_MS = 1_000;
const ANSWER_BYTES_PER_SECOND = 1 << 18;
const RECOVERY_MS_MAX = 30_000;

interface Kind<N extends Protocol> {
  sample(): Uint8Array;
  /** One more, among those. */
  make(host: Host, others: readonly Endpoint[]): N;
  /** Whether they do what they are for. Asked again until they do; what has to be begun for it is begun each time. */
  works(nodes: readonly N[], hosts: readonly SocketHost[]): boolean;
  /** Whether strangers are answered at all. */
  readonly answersStrangers: boolean;
}

const random = new Random(SEED, 12);
const heard = new Map<string, number>();
let wrote = id160.random(random);
let said: Uint8Array = new Uint8Array(0);

const broadcast: Kind<Broadcast> = {
  sample: () => encodeToBytes(broadcastCodec, broadcastCodec.random(random)),
  answersStrangers: true,
  make: (host, join) =>
    new Broadcast(
      host,
      { ...BROADCAST_DEFAULTS, join, roundMs: 100, slowMs: 100, timeoutMs: 200, missingMs: 100, graftMs: 50, announceMs: 10 },
      { onBroadcast: (payload) => void heard.set(hexOf(payload), (heard.get(hexOf(payload)) ?? 0) + 1) },
    ),
  works: (nodes) => {
    if (heard.get(hexOf(said)) === NODES - 1) return true;
    said = random.fill(new Uint8Array(8));
    nodes[random.below(NODES)]?.broadcast(said);
    return false;
  },
};

const rumours: Kind<Rumours> = {
  sample: () => encodeToBytes(rumourCodec, rumourCodec.random(random)),
  answersStrangers: false,
  make: (host, peers) => new Rumours(host, { ...RUMOUR_DEFAULTS, peers, roundMs: 50, timeoutMs: 200 }),
  works: (nodes) => {
    if (nodes.every((node) => node.get(wrote) !== null)) return true;
    wrote = id160.random(random);
    nodes[0]?.write(wrote, Uint8Array.of(1));
    return false;
  },
};

const swim: Kind<Swim> = {
  sample: () => encodeToBytes(swimCodec, swimCodec.random(random)),
  answersStrangers: true,
  make: (host, join) => new Swim(host, { ...SWIM_DEFAULTS, join, periodMs: 100, ackMs: 50, membersMax: 1024 }),
  works: (nodes, hosts) =>
    nodes.every((node) =>
      hosts.every(({ self }) => {
        const own = node.host.self.datagram as Endpoint;
        const other = self.datagram as Endpoint;
        return endpointPort(own) === endpointPort(other) || node.stateOf(node.host.peer(other)) === 'alive';
      }),
    ),
};

const cyclon: Kind<Cyclon> = {
  sample: () => encodeToBytes(cyclonCodec, cyclonCodec.random(random)),
  answersStrangers: true,
  make: (host, join) => new Cyclon(host, { ...CYCLON_DEFAULTS, join, roundMs: 50, timeoutMs: 100 }),
  works: (nodes, hosts) =>
    nodes.every((node, index) => {
      const others = hosts.filter((_, other) => other !== index).map(({ self }) => hosts[index]?.peer(self.datagram as Endpoint));
      return others.some((peer) => peer !== undefined && node.peers.includes(peer));
    }),
};

hostileLaws('broadcasts', broadcast);
hostileLaws('rumours', rumours);
hostileLaws('failure detection', swim);
hostileLaws('peer sampling', cyclon);

function hostileLaws<N extends Protocol>(name: string, kind: Kind<N>): void {
  describe(`strangers in ${name}, seed ${SEED}`, { timeout: 100_000 }, () => {
    const hosts: SocketHost[] = [];
    const nodes: N[] = [];
    let stranger: RawDatagrams;

    before(async () => {
      for (let count = 0; count < NODES; count++) {
        const host = new SocketHost({ address: '127.0.0.1', streamPort: null, seed: SEED + count });
        await host.open();
        hosts.push(host);
      }
      const endpoints = hosts.map(({ self }) => self.datagram as Endpoint);
      for (const host of hosts) nodes.push(host.run((asHost) => kind.make(asHost, endpoints)));
      await assertWorks();
      stranger = await RawDatagrams.to(endpointPort(endpoints[0] as Endpoint));
    });
    after(async () => {
      stranger.close();
      await Promise.all(hosts.map((host) => host.close()));
    });

    /** After a while: who was crowded out has to come back first. */
    async function assertWorks(): Promise<void> {
      await until(name, RECOVERY_MS_MAX, () => kind.works(nodes, hosts));
    }

    test('garbage, cut and damaged messages, and datagrams as long as they get, are counted and dropped', async () => {
      const [target] = hosts as [SocketHost];
      const samples = Array.from({ length: 200 }, kind.sample);
      const before = target.counters.malformed;
      for (let count = 0; count < GARBAGE; count++) {
        await stranger.send(random.chance(0.2) ? random.fill(new Uint8Array(random.below(2000))) : mutate(samples, random));
      }
      for (const bytes of samples.slice(0, 20)) await stranger.send(new Uint8Array(DATAGRAM_BYTES_MAX).fill(bytes[0] as number));
      await until('most of it', RECOVERY_MS_MAX, () => target.counters.malformed - before > GARBAGE / 4);
      await assertWorks();
    });

    test('random words of a stranger, many thousands, are outlived', async () => {
      for (let count = 0; count < WORDS; count++) await stranger.send(kind.sample());
      await assertWorks();
    });

    test('a flood gets no more than a node says in all', async () => {
      const words = Array.from({ length: 50 }, kind.sample);
      const before = stranger.receivedBytes;
      const startedAt = performance.now();
      while (performance.now() - startedAt < FLOOD_MS) for (const word of words) await stranger.send(word);
      await assertWorks();
      const seconds = (performance.now() - startedAt) / 1000;
      const got = stranger.receivedBytes - before;
      assert.ok(got < ANSWER_BYTES_PER_SECOND * (seconds + 2), `${got} bytes in ${seconds} s`);
      assert.equal(got > 0, kind.answersStrangers, `${got} bytes`);
    });
  });
}
