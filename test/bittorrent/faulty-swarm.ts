/** A small swarm drawn from a seed, with what goes wrong in it, run until it should have recovered; for tests. */

import assert from 'node:assert/strict';
import { BitTorrentEvent } from '../../src/core/events.ts';
import { Random } from '../../src/core/random.ts';
import { FaultPlan } from '../../src/sim/fault-plan.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { addFake, type FakeScript, fakeSeed } from './fake-peer.ts';
import { checkCounters, checkNothingLeft, ChokeWitness } from './swarm-laws.ts';
import { type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';

/** Faults happen in the first minute. A tracker that has forgotten a seed in a crash hears of it again at the seed's next announce. */
const FAULTS_MS = 60_000;
const RECOVERY_MS = 2_400_000;
const LOOK_EVERY_MS = 500;
/** Copies of the content that a member may throw away: of content this small all is endgame, where up to three peers send a block. */
const WASTE_MAX = 2.5;
const WASTE_MAX_POISONED = 6;

export interface FaultySwarmOptions {
  /** Whether somebody may serve poison, or processes die. */
  readonly poison: boolean;
  readonly crashes: boolean;
  /** Whether scripted enemies dial everybody. */
  readonly enemies?: boolean;
}

/** Peers that stall, refuse, lie, change their mind or talk nonsense. */
const ENEMIES: readonly FakeScript[] = [
  fakeSeed(() => {}),
  fakeSeed((connection, request) => connection.say({ ...request, id: PeerMessageId.rejectRequest })),
  fakeSeed((connection, request) => connection.sayBlock(request, 66)),
  { ...fakeSeed(() => {}), tickMs: 50, onTick: (connection) => connection.say({ id: PeerMessageId.unchoke }) },
  {
    ...fakeSeed((connection, request) => connection.sayBlock(request)),
    tickMs: 300,
    onTick(connection) {
      for (const id of [PeerMessageId.choke, PeerMessageId.unchoke, PeerMessageId.interested]) connection.say({ id });
      for (let piece = 0; piece < 3; piece++) connection.request(0, 0, 1);
    },
  },
  { onOpen: (connection) => connection.sayBytes(new Uint8Array(100).fill(7)) },
  { onOpen() {}, connections: 5 },
];

export class FaultySwarm {
  readonly swarm: SwarmWorld;
  readonly plan: FaultPlan;
  /** Some of them serve poison too. */
  private readonly hasEnemies: boolean;
  /** Serves poison, or null. */
  readonly poisoner: Member | null;
  private readonly witness = new ChokeWitness();
  /** Nodes of which a piece has failed its hash. */
  private readonly poisoned = new Set<number>();

  constructor(seed: number, { poison, crashes, enemies = false }: FaultySwarmOptions) {
    const random = new Random(seed, 77);
    const metainfo = torrentOf(1 + random.below(24), 16_384 * (1 + random.below(5)));
    const acrossMs = 1 + random.below(200);
    this.swarm = new SwarmWorld(metainfo, {
      seed,
      mode: seed % 8 === 0 ? 'bytes' : 'reference',
      latency: { kind: 'plane', baseMs: 1, acrossMs },
      clockDriftPpm: seed % 3 === 0 ? 1000 : 0,
    });
    this.swarm.world.onTap = (node, event) => {
      if (event === BitTorrentEvent.pieceFailed) this.poisoned.add(node);
    };
    this.swarm.onTorrent = (torrent) => this.witness.watch(torrent);
    const link = () => ({ upBytesPerSecond: 20_000 + random.below(200_000), downBytesPerSecond: 50_000 + random.below(1_000_000) });
    const engine = { uploadSlots: random.chance(0.5) ? 1 + random.below(4) : ('adaptive' as const) };
    this.swarm.seed(link(), engine);
    this.poisoner = poison ? this.swarm.seed({ ...link(), corruptReads: random.chance(0.5) ? 1 : 0.2 }, engine) : null;
    const leechers = 1 + random.below(6);
    for (let count = 0; count < leechers; count++) {
      this.swarm.leecher(random.chance(0.8) ? link() : {}, engine, { metainfo: random.chance(0.3) ? null : metainfo });
    }
    this.hasEnemies = enemies;
    if (enemies) this.addEnemies(random);
    const nodes = this.swarm.world.nodes.length;
    const kinds = ['rates', 'clog', 'partition', ...(crashes ? (['crash'] as const) : [])] as const;
    this.plan = FaultPlan.random({ seed, nodes, fromMs: 0, untilMs: FAULTS_MS, count: random.below(9), kinds });
    this.plan.apply(this.swarm.world);
  }

  private addEnemies(random: Random): void {
    const dials = this.swarm.members.map(({ node }) => node);
    for (let count = 1 + random.below(3); count > 0; count--) {
      addFake(this.swarm, ENEMIES[random.below(ENEMIES.length)] as FakeScript, dials);
    }
  }

  /** Throws, with the plan, when anything does not hold. */
  run(): void {
    try {
      this.live();
    } catch (error) {
      const states = this.swarm.members.map(({ node }) => JSON.stringify(node.protocol.inspect())).join('\n');
      throw new Error(`${String(error)}\n${this.plan.describe()}\n${this.swarm.world.describe()}\n${states}`, { cause: error });
    }
  }

  private live(): void {
    const { swarm } = this;
    const { world } = swarm;
    while (world.now < FAULTS_MS || !swarm.allComplete) {
      assert.ok(world.now < FAULTS_MS + RECOVERY_MS, 'somebody did not complete');
      world.runFor(LOOK_EVERY_MS);
      for (const member of swarm.members) if (member.node.host.running) checkCounters(member);
    }
    assert.deepEqual(this.witness.offences, []);
    const wasteMax = this.poisoner === null && !this.hasEnemies ? WASTE_MAX : WASTE_MAX_POISONED;
    assert.ok(swarm.wasteMax <= wasteMax, `${swarm.wasteMax} copies of the content were thrown away`);
    this.checkBans();
    checkNothingLeft(swarm);
  }

  /** Who was sent poison has banned the poisoner, unless it has forgotten in a crash; nobody has banned anybody else. */
  private checkBans(): void {
    const { members } = this.swarm;
    for (const { node, torrent } of members) {
      const { candidates } = torrent.swarm;
      const innocent = members.filter((other) => other !== this.poisoner);
      const banned = innocent.filter((other) => candidates.isBanned(other.node.endpoint)).map((other) => other.node.index);
      assert.deepEqual(banned, [], `node ${node.index} has banned nodes that have done nothing`);
      if (this.poisoner === null || node.restarts > 0 || !this.poisoned.has(node.index)) continue;
      assert.ok(candidates.isBanned(this.poisoner.node.endpoint), `node ${node.index} was poisoned and has not banned the poisoner`);
    }
  }
}
