/** Servers and users that crash, come back, are cut off and change what they share: when it is over, everybody finds exactly what is there. KITH_SEEDS=n runs n of them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { NapsterIndex } from '../../src/overlays/napster/index.ts';
import { nameOf } from '../../src/overlays/napster/client/share-list.ts';
import { wordsOfName } from '../../src/overlays/napster/client/found-file.ts';
import { type Getting, NapsterRoom, type SimUser, sharedFile } from './worlds.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 24);
const WORDS = ['walrus', 'polka', 'orange', 'tape', 'winter', 'blue'];
const USERS = 12;
const BYTES = 2_000_000;
const TROUBLE_MS = 300_000;
/** Until links and log-ins that were put off have been tried again, and dead ones noticed. */
const CALM_MS = 1_500_000;

class Trouble {
  readonly random: Random;
  readonly room: NapsterRoom;
  readonly servers: readonly SimNode<NapsterIndex>[];
  readonly users: SimUser[] = [];
  readonly down = new Set<SimNode>();
  readonly gettings: Getting[] = [];
  private nextId = 1;

  constructor(seed: number, servers: number) {
    this.random = new Random(seed, 5);
    const faults = { loss: 0.01, jitterMs: 30 };
    this.room = new NapsterRoom({
      seed,
      latency: { kind: 'uniform', minMs: 5, maxMs: 120 },
      faults,
      links: { upBytesPerSecond: 200_000, downBytesPerSecond: 400_000 },
    });
    this.servers = this.room.club(servers);
    this.room.spread = true;
    for (let index = 0; index < USERS; index++) {
      const files = Array.from({ length: 4 }, () => this.fresh());
      this.users.push(this.room.user({ nick: `user${index}`, dataPort: index % 4 === 0 ? 0 : null, uploadSlots: 3 }, files));
    }
  }

  /** Something happens. */
  step(): void {
    const { random, room, servers, down } = this;
    const user = this.users[random.below(USERS)] as SimUser;
    const server = servers[random.below(servers.length)] as SimNode<NapsterIndex>;
    const what = random.unit();
    if (what < 0.15) this.toggle(random.chance(0.3) ? server : user.node);
    else if (what < 0.25) {
      const all = [...servers, ...this.users.map(({ node }) => node)];
      room.world.partition(...[0, 1].map((side) => all.filter((_, index) => (index + (random.below(9) === 0 ? 1 : 0)) % 2 === side)));
    } else if (what < 0.35) room.world.unite();
    else if (what < 0.55) {
      const first = user.files.after(0, 1)[0];
      if (first !== undefined && random.chance(0.5)) user.files.remove(first.id);
      else user.files.add(this.fresh());
    } else if (!down.has(user.node)) this.getSomething(user);
    room.world.runFor(random.below(15_000));
  }

  calm(): void {
    this.room.world.heal();
    this.room.world.unite();
    for (const node of [...this.down]) this.toggle(node);
    this.room.world.runFor(CALM_MS);
  }

  private toggle(node: SimNode): void {
    if (this.down.delete(node)) this.room.world.restart(node);
    else {
      this.down.add(node);
      this.room.world.crash(node, this.random.chance(0.5) ? 'power' : 'kill');
    }
  }

  private fresh() {
    const id = this.nextId++;
    const words = [0, 1, 2].map(() => WORDS[this.random.below(WORDS.length)]);
    return sharedFile(id, `${words.join(' ')} n${id}.mp3`, { bytes: BYTES });
  }

  private getSomething(user: SimUser): void {
    const holders = this.users.filter((other) => other !== user && !this.down.has(other.node));
    const holder = holders[this.random.below(Math.max(1, holders.length))];
    const file = holder?.files.after(0, 9)[0];
    if (holder === undefined || file === undefined) return;
    this.gettings.push(user.get([{ nick: holder.nick, name: nameOf(file) }], { bytes: BYTES }));
  }
}

/** Who has what with that word, in order. */
function wanted(users: readonly SimUser[], word: string): string[] {
  return users
    .flatMap(({ nick, files }) => files.after(0, 99).map((file) => [nick, nameOf(file)] as const))
    .filter(([, name]) => wordsOfName(name).has(word))
    .map(([nick, name]) => `${nick} ${name}`)
    .sort();
}

function claim(seed: number, servers: number): void {
  const trouble = new Trouble(seed, servers);
  while (trouble.room.world.now < TROUBLE_MS) trouble.step();
  trouble.calm();
  const { users, room } = trouble;
  assert.deepEqual(
    users.filter(({ client }) => !client.isOnline).map(({ nick, diary }) => `${nick}: ${diary.of('offline').slice(-2).join('; ')}`),
    [],
    'all are online again',
  );
  const nicks = users.map(({ nick }) => nick).sort();
  for (const { protocol } of room.servers) {
    assert.equal(protocol.links.count, servers - 1, `linked to all others; ${protocol.links.lastWhy}`);
    const here = Array.from(protocol.localUsers(), ({ nick }) => nick);
    const there = nicks.filter((nick) => protocol.userOf(nick) === null && protocol.links.userOf(nick) !== null);
    assert.deepEqual([...here, ...there].sort(), nicks, 'everybody is somewhere, once');
    assert.equal(protocol.statsText(), `${USERS} ${users.reduce((sum, { files }) => sum + files.count, 0)} 0`, 'no ghosts');
  }
  for (const word of WORDS) {
    const user = users[trouble.random.below(USERS)] as SimUser;
    assert.deepEqual(user.search(word).held, wanted(users, word), `${user.nick} looks for ${word}`);
  }
  assert.equal(
    room.servers.reduce((sum, { protocol }) => sum + protocol.users, 0),
    USERS,
  );
  // Processes that died have left theirs open.
  for (const { state, bytes } of trouble.gettings) if (state === 'done') assert.equal(bytes, BYTES);
  assert.ok(trouble.gettings.some(({ state }) => state === 'done'));
}

test(`one server, and users that come and go: a search finds exactly what live users share (${SEEDS} seeds)`, () => {
  forSeeds(SEEDS, (seed) => claim(seed, 1));
});

test(`three linked servers, split and healed: no ghost stays, and a search at any finds what users of all share (${SEEDS} seeds)`, () => {
  forSeeds(SEEDS, (seed) => claim(seed, 3));
});
