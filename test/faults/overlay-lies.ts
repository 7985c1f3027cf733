/** What strangers say to the nodes of each overlay, by name: lies, questions with long answers, and words that name somebody who never asked. Owns no state. */

import { encodeToBytes, type Codec } from '../../src/core/codec.ts';
import { Contact, contactAt } from '../../src/core/contact.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { id160, type Id160 } from '../../src/core/id160.ts';
import type { Random } from '../../src/core/random.ts';
import { gone, ping, pong, type WhoMessage } from '../../src/core/who.ts';
import type { Claim } from '../../src/overlays/can/claim.ts';
import * as can from '../../src/overlays/can/messages.ts';
import { Zone } from '../../src/overlays/can/zone.ts';
import * as chord from '../../src/overlays/chord/messages.ts';
import * as kelips from '../../src/overlays/kelips/messages.ts';
import * as pastry from '../../src/overlays/pastry/messages.ts';
import * as tapestry from '../../src/overlays/tapestry/messages.ts';
import { fetch, fetched, stored, type ValueMessage, wanted } from '../../src/overlays/values/index.ts';

/** Who lies, about whom, and to be random about it. */
export interface Scene {
  readonly random: Random;
  /** The liar's own address. */
  readonly own: Endpoint;
  /** A member, whose name is borrowed. */
  readonly victim: Contact;
}

export interface Language {
  /** A message by chance, well formed. */
  sample(random: Random): Uint8Array;
  decode(bytes: Uint8Array): { readonly tag: number };
  /** None of it may change anything: it is said in the name of others, or answers what nobody has asked. */
  lies(scene: Scene): Uint8Array[];
  /** With answers as long as they get, or many. */
  questions(random: Random, key: Id160): Uint8Array[];
  /** Makes a node speak to third parties, if anything does: each is named as who asks, or as somebody to know. */
  naming(scene: Scene, thirds: readonly Contact[]): Uint8Array[];
  /** So many times what strangers say is what a third may hear for it. */
  readonly echo: number;
}

type Message = WhoMessage | ValueMessage;
type Telling<M> = (scene: Scene, nowhere: Contact, transaction: number) => M[];

const NOWHERE = contactAt(parseEndpoint('127.0.0.1:9') as Endpoint, 0);
const EVERYTHING: Claim = { zone: new Zone(1, 2), takeovers: 0, version: 0xffff_ffff, rank: 48 };

function language<M extends { readonly tag: number }>(
  codec: Codec<M | Message> & { random(random: Random): M | Message },
  lies: Telling<M | Message>,
  questions: (random: Random, key: Id160) => M[],
  naming: (scene: Scene, thirds: readonly Contact[]) => M[],
  echo = 1,
): Language {
  const encoded = (message: M | Message): Uint8Array => encodeToBytes(codec, message);
  return {
    echo,
    sample: (random) => encoded(codec.random(random)),
    decode: (bytes) => codec.decode(bytes, 0, bytes.length),
    lies: (scene) => {
      const transaction = scene.random.u32();
      return [...lies(scene, NOWHERE, transaction), ...answersOfAll(scene, transaction)].map(encoded);
    },
    questions: (random, key) => [...questions(random, key), { tag: fetch.tag, transaction: 1, unit: 0, key } as const].map(encoded),
    naming: (scene, thirds) => [...naming(scene, thirds), { tag: ping.tag, transaction: 1, unit: 0 } as const].map(encoded),
  };
}

function answersOfAll({ victim }: Scene, transaction: number): Message[] {
  return [
    { tag: gone.tag, transaction },
    { tag: pong.tag, transaction, member: false, self: victim },
    { tag: fetched.tag, transaction, item: null },
    { tag: stored.tag, transaction, accepted: false },
    { tag: wanted.tag, transaction, bits: 0xffff_ffff },
  ];
}

/** The victim's point at the liar's address, and one that the liar would like to have. */
function borrowed({ own, victim, random }: Scene): Contact[] {
  return [victim, new Contact(victim, 0, own), new Contact(id160.random(random), 0, own)];
}

export const LANGUAGES: Readonly<Record<string, Language>> = {
  chord: language<chord.ChordMessage>(
    chord.chordCodec,
    (scene, nowhere, transaction) => [
      ...borrowed(scene).flatMap((sender) =>
        [chord.leaving.tag, chord.notify.tag, chord.news.tag].map((tag): chord.ChordMessage => ({ tag, unit: 0, sender })),
      ),
      { tag: chord.notify.tag, unit: 0, sender: nowhere },
      { tag: chord.news.tag, unit: 0, sender: contactAt(scene.own, 0) },
      { tag: chord.state.tag, transaction, predecessor: nowhere, successors: [nowhere] },
      { tag: chord.found.tag, transaction, closer: [nowhere], successors: [nowhere] },
      { tag: chord.arrived.tag, lookup: transaction, hops: 1, predecessor: nowhere, successors: [nowhere] },
    ],
    (random) => [{ tag: chord.find.tag, transaction: 1, unit: 0, want: 255, width: 255, target: id160.random(random) }],
    ({ random }, thirds) =>
      thirds.map((origin) => ({
        tag: chord.forward.tag,
        transaction: random.u32(),
        unit: 0,
        want: 255,
        hops: 0,
        lookup: random.u32(),
        target: id160.random(random),
        origin,
      })),
    // The last hop of a recursive lookup names owners to whom the question says it is for.
    3,
  ),
  pastry: language<pastry.PastryMessage>(
    pastry.pastryCodec,
    (scene, nowhere, transaction) => [
      ...borrowed(scene).flatMap((sender): pastry.PastryMessage[] => [
        { tag: pastry.leaving.tag, unit: 0, sender },
        { tag: pastry.hello.tag, unit: 0, sender },
        { tag: pastry.getLeaves.tag, transaction, unit: 0, sender },
      ]),
      { tag: pastry.hello.tag, unit: 0, sender: contactAt(scene.own, 0) },
      { tag: pastry.found.tag, transaction, closer: [nowhere], owners: [nowhere] },
      { tag: pastry.leaves.tag, transaction, smaller: [nowhere], larger: [nowhere] },
      { tag: pastry.row.tag, transaction, contacts: [nowhere] },
      { tag: pastry.near.tag, transaction, contacts: [nowhere] },
    ],
    (random) => [
      { tag: pastry.find.tag, transaction: 1, unit: 0, want: 255, width: 255, target: id160.random(random) },
      { tag: pastry.getLeaves.tag, transaction: 1, unit: 0, sender: NOWHERE },
      { tag: pastry.getNear.tag, transaction: 1, unit: 0 },
    ],
    (_, thirds) => thirds.map((sender) => ({ tag: pastry.hello.tag, unit: 0, sender })),
  ),
  kelips: language<kelips.KelipsMessage>(
    kelips.kelipsCodec,
    (scene, nowhere, transaction) => [
      ...borrowed(scene).flatMap((sender): kelips.KelipsMessage[] => [
        { tag: kelips.leaving.tag, unit: 0, sender },
        { tag: kelips.getViews.tag, transaction, unit: 0, sender },
        {
          tag: kelips.gossip.tag,
          unit: 0,
          groups: 8,
          sender,
          heartbeat: 0xffff_ffff,
          entries: [{ contact: nowhere, heartbeat: 0xffff_ffff }],
          tuples: [],
        },
      ]),
      { tag: kelips.gossip.tag, unit: 0, groups: 5, sender: contactAt(scene.own, 0), heartbeat: 9, entries: [], tuples: [] },
      { tag: kelips.found.tag, transaction, isOwn: 1, contacts: [nowhere] },
      { tag: kelips.views.tag, transaction, groups: 5, entries: [{ contact: nowhere, heartbeat: 9 }] },
      { tag: kelips.walked.tag, question: transaction, hops: 1, homes: [nowhere] },
    ],
    (random) => [
      { tag: kelips.find.tag, transaction: 1, unit: 0, want: 255, target: id160.random(random) },
      { tag: kelips.getViews.tag, transaction: 1, unit: 0, sender: NOWHERE },
    ],
    ({ random }, thirds) =>
      thirds.map((origin) => ({
        tag: kelips.walk.tag,
        unit: 0,
        question: random.u32(),
        seeks: true,
        key: id160.random(random),
        steps: 255,
        hops: 0,
        origin,
      })),
  ),
  tapestry: language<tapestry.TapestryMessage>(
    tapestry.tapestryCodec,
    (scene, nowhere, transaction) => [
      ...borrowed(scene).flatMap((sender): tapestry.TapestryMessage[] => [
        { tag: tapestry.leaving.tag, unit: 0, sender, replacements: [nowhere] },
        { tag: tapestry.link.tag, unit: 0, sender, on: false },
        { tag: tapestry.link.tag, unit: 0, sender, on: true },
        { tag: tapestry.insert.tag, transaction, unit: 0, session: transaction, newcomer: sender, holes: [] },
        { tag: tapestry.spread.tag, transaction, unit: 0, level: 0, session: transaction, newcomer: sender, holes: [] },
        { tag: tapestry.greet.tag, transaction, unit: 0, session: transaction, sender, named: [nowhere] },
        { tag: tapestry.deposit.tag, transaction, unit: 0, name: id160.random(scene.random), server: sender, rttMs: 0, lifeMs: 0 },
      ]),
      {
        tag: tapestry.find.tag,
        transaction,
        unit: 0,
        level: 0,
        objects: false,
        near: 0,
        target: id160.random(scene.random),
        passed: [],
        dead: [scene.victim],
      },
      { tag: tapestry.found.tag, transaction, level: 1, root: true, contacts: [nowhere], servers: [nowhere], near: [nowhere] },
      { tag: tapestry.links.tag, transaction, contacts: [nowhere] },
      { tag: tapestry.spreadDone.tag, transaction, reached: 9, complete: true },
      { tag: tapestry.greeted.tag, transaction },
      { tag: tapestry.serves.tag, transaction, here: true },
    ],
    (random) => [
      {
        tag: tapestry.find.tag,
        transaction: 1,
        unit: 0,
        level: 0,
        objects: true,
        near: 255,
        target: id160.random(random),
        passed: [],
        dead: [],
      },
      { tag: tapestry.getLevel.tag, transaction: 1, unit: 0, level: 0, back: true },
    ],
    ({ own, random }, thirds) => [
      { tag: tapestry.greet.tag, transaction: 1, unit: 0, session: random.u32(), sender: contactAt(own, 0), named: thirds },
      { tag: tapestry.leaving.tag, unit: 0, sender: contactAt(own, 0), replacements: thirds.slice(0, tapestry.LINKS_MAX) },
    ],
  ),
  can: language<can.CanMessage>(
    can.canCodec,
    (scene, nowhere, transaction) => [
      ...borrowed(scene).flatMap((sender): can.CanMessage[] => [
        { tag: can.leaving.tag, unit: 0, sender },
        { tag: can.update.tag, unit: 0, sender, claims: [EVERYTHING] },
        { tag: can.exchange.tag, transaction, unit: 0, sender, claims: [EVERYTHING] },
        { tag: can.give.tag, transaction, unit: 0, sender, claim: EVERYTHING },
        { tag: can.split.tag, transaction, unit: 0, sender, direct: true, target: [0, 0] },
        { tag: can.divide.tag, unit: 0, sender, from: EVERYTHING, lower: [nowhere] },
      ]),
      { tag: can.update.tag, unit: 0, sender: contactAt(scene.own, 0), claims: [EVERYTHING] },
      { tag: can.hint.tag, unit: 0, contacts: [nowhere, scene.victim] },
      { tag: can.found.tag, transaction, peers: [nowhere], closer: [{ contact: nowhere, zones: [EVERYTHING.zone] }] },
      { tag: can.granted.tag, transaction, claim: EVERYTHING, near: [] },
      { tag: can.elsewhere.tag, transaction, next: nowhere, zone: EVERYTHING.zone },
      { tag: can.refused.tag, transaction },
      { tag: can.state.tag, transaction, claims: [EVERYTHING], near: [{ contact: nowhere, zones: [EVERYTHING.zone] }] },
      { tag: can.taken.tag, transaction, accepted: true },
      { tag: can.reassigned.tag, transaction, ready: true, next: nowhere },
    ],
    (random) => [
      { tag: can.find.tag, transaction: 1, unit: 0, any: true, wide: true, width: 255, target: [random.below(9), random.below(9)] },
      { tag: can.exchange.tag, transaction: 1, unit: 0, sender: NOWHERE, claims: [EVERYTHING] },
    ],
    (_, thirds) => [{ tag: can.hint.tag, unit: 0, contacts: thirds.slice(0, can.HINTS_MAX) }],
  ),
};
