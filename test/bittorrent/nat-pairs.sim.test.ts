/**
 * Which pairs of nodes connect: the engine with TCP, µTP, peer exchange and introductions (BEP 11, 29, 55), between all kinds of NAT, against
 * what theory says can be. `docs/reachability.md` shows the same table, and is held to it.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NAT_KINDS, type NatSpec } from '../../src/sim/nat-spec.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import { type Meeting, meetingOf, type Whereabouts } from './nat-pairs.ts';

const DOCS = new URL('../../docs/reachability.md', import.meta.url);
/** Peer exchange begins after five seconds: who meets later has met through it. */
const AT_ONCE_MS = 5000;
const MINUTE_MS = 60_000;

const CGN = { kind: 'port-restricted', ports: 'random' } as const;
const PLACES: Readonly<Record<string, Whereabouts>> = {
  open: {},
  mapped: { nat: { kind: 'port-restricted' }, mapped: true },
  'full cone': { nat: { kind: 'full-cone' } },
  'full cone, random': { nat: { kind: 'full-cone', ports: 'random' } },
  restricted: { nat: { kind: 'restricted' } },
  'port restricted': { nat: { kind: 'port-restricted' } },
  'port restricted, random': { nat: { kind: 'port-restricted', ports: 'random' } },
  symmetric: { nat: { kind: 'symmetric' } },
  'symmetric, random': { nat: { kind: 'symmetric', ports: 'random' } },
  CGN: { nat: { kind: 'port-restricted', behind: CGN } },
};

/** Boxes from the node outwards. */
function boxesOf({ nat }: Whereabouts): NatSpec[] {
  const boxes: NatSpec[] = [];
  for (let box = nat; box !== undefined; box = box.behind) boxes.push(box);
  return boxes;
}

function isReachable(place: Whereabouts): boolean {
  return place.mapped === true || boxesOf(place).every(({ kind }) => NAT_KINDS[kind].filtering === 'endpoint-independent');
}

/** One outer port whoever it speaks to: then a third peer can say where it is. */
function isFindable(place: Whereabouts): boolean {
  return boxesOf(place).every(({ kind }) => NAT_KINDS[kind].mapping === 'endpoint-independent');
}

function asksForPort(place: Whereabouts): boolean {
  return boxesOf(place).some(({ kind }) => NAT_KINDS[kind].filtering === 'address-and-port-dependent');
}

/**
 * Theory: one that takes all comers is reached by all. Of two that do not, both dial where a third peer sees the other. That finds who is
 * findable; from one who is not, the dial comes from a port that nobody knew, which the other must not mind.
 */
function canMeet(a: Whereabouts, b: Whereabouts): boolean {
  if (isReachable(a) || isReachable(b)) return true;
  if (isFindable(a) && isFindable(b)) return true;
  return (isFindable(a) && !asksForPort(a)) || (isFindable(b) && !asksForPort(b));
}

function wayOf(meeting: Meeting | null): string {
  if (meeting === null) return '–';
  return (meeting.transport === 'tcp' ? 'TCP' : 'µTP') + (meeting.afterMs <= AT_ONCE_MS ? '' : ' by a third');
}

for (const [name, seed] of Object.entries(PLACES)) {
  test(`whom a seed meets whose place is: ${name}`, () => {
    const meetings = Object.values(PLACES).map((leecher) => meetingOf(seed, leecher));
    const expected = Object.values(PLACES).map((leecher) => canMeet(seed, leecher));
    assert.deepEqual(
      meetings.map((meeting) => meeting !== null),
      expected,
    );
    const row = `| ${[name, ...meetings.map(wayOf)].join(' | ')} |`;
    assert.ok(readFileSync(DOCS, 'utf8').includes(row), `docs/reachability.md has another row than ${row}`);
  });
}

test('two behind one NAT meet by its outer address where it turns packets back, else by local discovery, else not', () => {
  for (const kind of ['full-cone', 'restricted', 'port-restricted'] as const) {
    const meet = (hairpin: boolean, sameLan: boolean): string => {
      const nat = { kind, site: 'home', hairpin, ports: 'random' } as const;
      return wayOf(meetingOf({ nat }, { nat }, { sameLan }));
    };
    const byHairpin = kind === 'full-cone' ? 'µTP' : 'µTP by a third';
    assert.deepEqual([meet(true, false), meet(true, true), meet(false, true), meet(false, false)], [byHairpin, 'TCP', 'TCP', '–'], kind);
  }
});

test('two customers of one provider meet when its NAT turns packets back', () => {
  const customer = (hairpin: boolean): Whereabouts => ({ nat: { kind: 'port-restricted', behind: { ...CGN, site: 'provider', hairpin } } });
  assert.deepEqual(
    [true, false].map((hairpin) => wayOf(meetingOf(customer(hairpin), customer(hairpin)))),
    ['µTP by a third', '–'],
  );
});

test('what can meet does so for every seed, also when every tenth packet is lost', () => {
  forSeeds(20, (worldSeed) => {
    const [a, b] = [PLACES['port restricted, random'], PLACES[worldSeed % 2 === 0 ? 'CGN' : 'full cone, random']] as [
      Whereabouts,
      Whereabouts,
    ];
    assert.notEqual(meetingOf(a, b, { worldSeed, loss: 0.1 }), null);
  });
});

test('what cannot meet does not for any seed', () => {
  forSeeds(20, (worldSeed) => {
    const [a, b] = [PLACES['symmetric, random'], PLACES[worldSeed % 2 === 0 ? 'port restricted' : 'symmetric']] as [
      Whereabouts,
      Whereabouts,
    ];
    assert.equal(meetingOf(a, b, { worldSeed }), null);
  });
});

test('with a tracker and nobody else, a seed behind a NAT asks it again as soon as it may, and meets who has come', () => {
  const [seed, open] = [PLACES['port restricted'], PLACES.open] as [Whereabouts, Whereabouts];
  forSeeds(5, (worldSeed) => {
    const alone = { worldSeed, hasThird: false };
    // A UDP tracker names no shortest interval: it is five minutes.
    assert.notEqual(meetingOf(seed, open, { ...alone, msMax: 6 * MINUTE_MS }), null);
    assert.notEqual(meetingOf(seed, seed, { ...alone, msMax: 20 * MINUTE_MS }), null);
  });
});

test('BEP 55: who hears of the other alone asks for an introduction, and they meet by it', () => {
  const place = PLACES['port restricted, random'] as Whereabouts;
  const { introduced, transport } = meetingOf(place, place, { seedIsDeaf: true }) ?? {};
  assert.deepEqual([introduced, transport], [true, 'utp']);
  assert.equal(meetingOf(place, place, { seedIsDeaf: true, introductions: false }), null);
});

test('a run through NATs is the same in bytes', () => {
  const place = PLACES.CGN as Whereabouts;
  const traces = (['reference', 'bytes'] as const).map((mode) => meetingOf(place, place, { mode })?.trace);
  assert.equal(traces[0], traces[1]);
  assert.notEqual(traces[0], meetingOf(place, place, { worldSeed: 2 })?.trace);
});
