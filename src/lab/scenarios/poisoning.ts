/**
 * Downloads from a network in which some lie about what they share. Whoever looks for a title takes the file that most holders are named for, and shares
 * what he got from then on, bad files as long as nobody has noticed. There are two lies: a decoy has the name of the title and a hash of its own, on which
 * all liars agree; an altered file has the hash of the genuine one, whose bytes were changed where the hash does not look (KaZaA's looked at 300 KB of each
 * power of two). Against decoys there are lists of bad hashes, which a publisher signs who has looked at what was reported, and which spread by the
 * protocol; against altered files the roots of hash trees: five holders are asked for theirs, and a part that does not fit what most of them say is
 * thrown away.
 *
 * Of each download of the n-th window: `poisoned<n>`, 1 when what was got is not genuine; `nothing<n>` of each search, 1 when nobody was named. Of a run:
 * `badCopies`, the part of all copies at honest users that are bad at the end; `listed`, hashes on the last list.
 */

import { hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { World } from '../../sim/world.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { ContentModel, fileOf, titleOf, wordsOf } from '../content-model.ts';
import { Meter } from '../measures.ts';
import { latencySpecOf } from '../networks.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import type { SearchNetwork } from '../search-model.ts';
import { ARRIVAL_STREAM, CHOICE_STREAM, CONTENT_STREAM, FAILURE_STREAM, KEY_STREAM, ORIGIN_STREAM } from '../streams.ts';
import { completeOptions } from '../system-options.ts';
import { searchSystemOf } from '../systems/index.ts';
import { exponentialMs } from '../times.ts';
import { expectQuiet, workloadOf } from './workload.ts';

/** Hits that come later than that are not waited for. */
const WAIT_MS = 10_000;
/** Holders who are asked for the root of their tree. */
const ROOTS_ASKED = 5;
/** For a title that he does not have. */
const DRAWS_MAX = 20;
const DECOY = 1;
const HASH_BYTES = 20;

type Copy = 'genuine' | 'decoy' | 'altered';

export function poisoning(spec: RunSpec, seed: number): RunOutcome {
  return new Poisoning(spec, seed).carryOut();
}

class Poisoning {
  private readonly work: Extract<WorkloadSpec, { readonly kind: 'poisoning' }>;
  private readonly world: World;
  private readonly network: SearchNetwork;
  private readonly content: ContentModel;
  private readonly meter = new Meter();
  private readonly titles: Random;
  private readonly origins: Random;
  private readonly arrivals: Random;
  private readonly choices: Random;
  private readonly shares: ListedFiles[] = [];
  /** What each user has of each title, by number. */
  private readonly copies: Map<number, Copy>[] = [];
  private readonly honest: number[] = [];
  private readonly reported = new Map<string, Uint8Array>();
  private listed = 0;

  /** Throws RangeError when the spec asks for what this does not carry out. */
  constructor(spec: RunSpec, seed: number) {
    this.work = workloadOf(spec, 'poisoning');
    expectQuiet(spec);
    const system = searchSystemOf(spec.system);
    this.world = new World({ seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss } });
    this.network = system.build(this.world, completeOptions(system.name, system.defaults, spec.options), seed);
    this.content = new ContentModel(this.work.content, seed);
    this.titles = new Random(seed, KEY_STREAM);
    this.origins = new Random(seed, ORIGIN_STREAM);
    this.arrivals = new Random(seed, ARRIVAL_STREAM);
    this.choices = new Random(seed, CHOICE_STREAM);
    if (this.work.listMs > 0 && this.network.warn === undefined)
      throw new RangeError(`poisoning: lists of bad hashes expected in ${spec.system}`);
    this.fill(spec.nodes, new Random(seed, FAILURE_STREAM));
  }

  carryOut(): RunOutcome {
    const { world, network, work, meter } = this;
    network.addIdeal(this.shares);
    world.runFor(work.warmUpMs);
    const beganAtMs = world.now;
    let listAtMs = work.listMs > 0 ? beganAtMs + work.listMs : Number.POSITIVE_INFINITY;
    for (;;) {
      const atMs = world.now + exponentialMs(this.arrivals, 1000 / work.perSecond);
      const window = 1 + Math.floor((atMs - beganAtMs) / work.windowMs);
      if (window > work.windows) break;
      for (; listAtMs <= atMs; listAtMs += work.listMs) {
        world.runFor(listAtMs - world.now);
        this.publish();
      }
      world.runFor(atMs - world.now);
      this.begin(window);
    }
    world.runFor(WAIT_MS + 1);
    const kept = this.honest.flatMap((user) => [...(this.copies[user] as Map<number, Copy>).values()]);
    for (const copy of kept) meter.add('badCopies', copy === 'genuine' ? 0 : 1);
    meter.add('listed', this.listed);
    meter.add('events', world.counters.events);
    return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: meter.measures() };
  }

  /** Those who alter files share as many as everybody does on average. */
  private fill(users: number, random: Random): void {
    const { decoys, decoyFiles, altered, content } = this.work;
    for (let user = 0; user < users; user++) {
      const drawn = random.unit();
      const lie: Copy = drawn < decoys ? 'decoy' : drawn < decoys + altered ? 'altered' : 'genuine';
      const titles = new Set<number>();
      if (lie === 'genuine') {
        this.honest.push(user);
        const files = this.content.filesOf(user);
        for (const { name } of files.after(0, files.count)) titles.add(titleOf(name));
      } else {
        const wanted = Math.min(content.titles, lie === 'decoy' ? decoyFiles : content.filesPerUser);
        for (let tries = 0; titles.size < wanted && tries < 4 * wanted; tries++) titles.add(this.content.draw(random));
      }
      this.shares.push(new ListedFiles([...titles].map((title, index) => copyOf(title, index + 1, lie))));
      this.copies.push(new Map([...titles].map((title) => [title, lie])));
    }
  }

  private begin(window: number): void {
    const { network, world } = this;
    const user = this.honest[this.origins.below(this.honest.length)];
    const title = user === undefined ? -1 : this.wantedBy(user);
    if (user === undefined || title < 0 || !network.isMember(user)) return;
    /** By hash, those who were named for it, in the order of their answers. */
    const offers = new Map<string, Set<number>>();
    network.search(user, wordsOf(title), {
      onHit: ({ name, hashes, holder, ...hit }) => {
        const named = network.holderOf({ name, hashes, holder, ...hit });
        if (hashes.uu === null || titleOf(name) !== title || named < 0 || named === user) return;
        const key = hexOf(hashes.uu);
        const others = offers.get(key);
        if (others === undefined) offers.set(key, new Set([named]));
        else others.add(named);
      },
      onSearchEnd: () => undefined,
    });
    world.at(world.now + WAIT_MS, () => this.download(user, title, window, offers));
  }

  private wantedBy(user: number): number {
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const title = this.content.draw(this.titles);
      if (this.copies[user]?.has(title) === false) return title;
    }
    return -1;
  }

  private download(user: number, title: number, window: number, offers: ReadonlyMap<string, ReadonlySet<number>>): void {
    const { meter, work, choices } = this;
    const most = [...offers.values()].sort((a, b) => b.size - a.size)[0];
    meter.add(`nothing${window}`, most === undefined ? 1 : 0);
    const copies = this.copies[user] as Map<number, Copy>;
    if (most === undefined || copies.has(title)) return;
    const holders = choices.shuffle([...most]).slice(0, work.checksTrees ? ROOTS_ASKED : 1);
    const copy = mostSaid(holders.map((holder) => this.copies[holder]?.get(title) ?? 'genuine'));
    meter.add(`poisoned${window}`, copy === 'genuine' ? 0 : 1);
    if (copy !== 'genuine' && choices.chance(work.noticed)) {
      // The publisher looks at what is reported: the hash of a genuine file gets on no list, whoever has altered a copy.
      const { uu } = copyOf(title, 1, copy).hashes;
      if (copy === 'decoy' && uu !== null) this.reported.set(hexOf(uu), uu);
      return;
    }
    copies.set(title, copy);
    const files = this.shares[user] as ListedFiles;
    files.add(copyOf(title, copies.size, copy));
  }

  private publish(): void {
    if (this.reported.size === this.listed) return;
    this.listed = this.reported.size;
    this.network.warn?.([...this.reported.values()]);
  }
}

/** What most say; of two as often the first. */
function mostSaid(copies: readonly Copy[]): Copy {
  const votes = (copy: Copy): number => copies.filter((other) => other === copy).length;
  return copies.reduce((best, copy) => (votes(copy) > votes(best) ? copy : best), copies[0] ?? 'genuine');
}

function copyOf(title: number, id: number, copy: Copy): ReturnType<typeof fileOf> {
  const file = fileOf(title, id);
  if (copy !== 'decoy') return file;
  const uu = new Random(DECOY, CONTENT_STREAM + title).fill(new Uint8Array(HASH_BYTES));
  return { ...file, hashes: { ...file.hashes, sha1: null, uu } };
}
