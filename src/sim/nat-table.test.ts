/** What no NAT may ever do, whatever its kind, over many drawn runs: share a mapping, let in what its filter forbids, remember for ever. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../core/host.ts';
import { Random } from '../core/random.ts';
import type { Session } from './nat-session.ts';
import { NAT_KINDS, type NatKind, type NatPorts } from './nat-spec.ts';
import { NatTable } from './nat-table.ts';
import { forSeeds } from './seeds.ts';

const UNANSWERED = 30;
const IDLE = 120;
const HOSTS = 4;
const PORTS_EACH = 3;
/** Whom answers go to. */
const RECENT = 20;
const PORTS: readonly NatPorts[] = ['preserving', 'sequential', 'random'];

/** Peer 100 h + p is port p of host h. */
const hostOf = (peer: Peer): number => Math.floor(peer / 100);

function tableOf(kind: NatKind, ports: NatPorts, seed: number): NatTable {
  return new NatTable({ ...NAT_KINDS[kind], ports, unansweredTicks: UNANSWERED, idleTicks: IDLE }, new Random(seed, 1), hostOf);
}

function draw(random: Random): Peer {
  return (100 * (1 + random.below(HOSTS)) + random.below(PORTS_EACH)) as Peer;
}

/** What was sent out, told in the plainest way: the reference that the table is held to. */
class Ledger {
  private readonly sent: { readonly inner: Peer; readonly port: number; readonly remote: Peer; readonly at: number }[] = [];

  note(inner: Peer, port: number, remote: Peer, at: number): void {
    this.sent.push({ inner, port, remote, at });
  }

  /** Who may have been meant by something that comes in: who has sent from that port to a remote that counts, not too long ago. */
  mayGo(kind: NatKind, port: number, remote: Peer, now: number): Set<Peer> {
    const { filtering } = NAT_KINDS[kind];
    const counts = (other: Peer): boolean => {
      if (filtering === 'endpoint-independent') return true;
      return filtering === 'address-dependent' ? hostOf(other) === hostOf(remote) : other === remote;
    };
    // With answers in between a session lives for longer than since what was last sent.
    const recent = this.sent.filter((each) => each.port === port && counts(each.remote) && now - each.at < 20 * IDLE);
    return new Set(recent.map(({ inner }) => inner));
  }
}

for (const kind of Object.keys(NAT_KINDS) as NatKind[]) {
  test(`a ${kind} NAT shares no mapping and lets nothing in that its filter forbids`, () => {
    forSeeds(60, (seed) => {
      const random = new Random(seed, 2);
      const table = tableOf(kind, PORTS[seed % PORTS.length] as NatPorts, seed);
      const ledger = new Ledger();
      const owners = new Map<number, { inner: Peer; until: number }>();
      const recent: { port: number; remote: Peer }[] = [];
      let entered = 0;
      for (let step = 0, now = 0; step < 2000; step++, now += random.below(5)) {
        const remote = draw(random);
        const last = recent[random.below(recent.length)];
        if (last === undefined || random.chance(0.5)) {
          const inner = (900 + random.below(5)) as Peer;
          const { mapping } = table.leave(inner, 5000, remote, now) as Session;
          const owner = owners.get(mapping.port);
          assert.ok(owner === undefined || owner.inner === inner || owner.until <= now, `port ${mapping.port} is that of two`);
          owners.set(mapping.port, { inner, until: mapping.expiresAt });
          ledger.note(inner, mapping.port, remote, now);
          recent.unshift({ port: mapping.port, remote });
          recent.length = Math.min(recent.length, RECENT);
        } else {
          const from = random.chance(0.5) ? last.remote : remote;
          const session = table.enter(last.port, from, now);
          if (session === null) continue;
          entered++;
          owners.set(last.port, { inner: session.mapping.inner, until: session.mapping.expiresAt });
          assert.ok(ledger.mayGo(kind, last.port, from, now).has(session.mapping.inner), `${from} was let in to port ${last.port}`);
        }
      }
      assert.ok(entered > 100, `only ${entered} were let in`);
    });
  });
}

test('what was let in a moment ago is not after the time-out, for every kind', () => {
  for (const kind of Object.keys(NAT_KINDS) as NatKind[]) {
    const table = tableOf(kind, 'preserving', 1);
    table.leave(900 as Peer, 5000, 100 as Peer, 0);
    assert.notEqual(table.enter(5000, 100 as Peer, UNANSWERED - 1), null, kind);
    assert.notEqual(table.enter(5000, 100 as Peer, UNANSWERED - 1 + IDLE - 1), null, kind);
    assert.equal(table.enter(5000, 100 as Peer, UNANSWERED + 2 * IDLE), null, kind);
  }
});

test('a NAT whose ports are all taken drops what is new, and has room again when mappings are forgotten', () => {
  for (const ports of PORTS) {
    const table = tableOf('port-restricted', ports, 1);
    for (let inner = 0; inner < 64_512; inner++) assert.notEqual(table.leave((1000 + inner) as Peer, 5000, 100 as Peer, 0), null);
    assert.equal(table.leave(1 as Peer, 5000, 100 as Peer, UNANSWERED - 1), null, ports);
    assert.notEqual(table.leave(1 as Peer, 5000, 100 as Peer, UNANSWERED), null, ports);
  }
});
