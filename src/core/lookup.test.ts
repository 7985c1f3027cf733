import assert from 'node:assert/strict';
import test from 'node:test';
import { type Candidate, LOOKUP_DEFAULTS, Lookup, type LookupOptions, type LookupOwner } from './lookup.ts';
import { Random } from './random.ts';

const NODES = 1000;
const BITS = 16;

/** What a node does with a question. */
type Behaviour = 'answers' | 'is dead' | 'is slow' | 'lies';

/**
 * A network of nodes with 16-bit ids in memory: a node knows up to 4 others for each prefix that it shares with them, and answers with the
 * 8 that it knows nearest to the target. `run` delivers events in random order.
 */
class Network implements LookupOwner<number> {
  readonly random: Random;
  readonly ids: number[] = [];
  readonly behaviours = new Map<number, Behaviour>();
  private readonly tables = new Map<number, number[]>();
  private readonly events: (() => void)[] = [];
  target = 0;
  inFlightMost = 0;
  private inFlight = 0;
  asked: number[] = [];
  found: readonly Candidate<number>[] | null = null;

  constructor(seed: number) {
    this.random = new Random(seed);
    const ids = new Set<number>();
    while (ids.size < NODES) ids.add(this.random.below(1 << BITS));
    this.ids.push(...ids);
    for (const id of ids) {
      const buckets = Array.from({ length: BITS + 1 }, (): number[] => []);
      for (const other of this.random.shuffle([...ids])) {
        const bucket = buckets[Math.clz32(id ^ other) - 16] as number[];
        if (other !== id && bucket.length < 4) bucket.push(other);
      }
      this.tables.set(id, buckets.flat());
    }
  }

  closer(a: number, b: number): boolean {
    return (a ^ this.target) < (b ^ this.target);
  }

  ask(candidate: Candidate<number>, lookup: Lookup<number>): void {
    this.asked.push(candidate.contact);
    this.inFlightMost = Math.max(this.inFlightMost, ++this.inFlight);
    const behaviour = this.behaviours.get(candidate.contact) ?? (this.tables.has(candidate.contact) ? 'answers' : 'is dead');
    const answer = (): void => {
      this.inFlight--;
      lookup.answered(candidate, this.nearest(candidate.contact, behaviour === 'lies'));
    };
    if (behaviour === 'answers' || behaviour === 'lies') this.events.push(answer);
    else {
      this.events.push(() => {
        this.inFlight--;
        lookup.slow(candidate);
        this.inFlight++;
        const fail = (): void => {
          this.inFlight--;
          lookup.failed(candidate);
        };
        this.events.push(behaviour === 'is slow' ? answer : fail);
      });
    }
  }

  onLookupDone(_: Lookup<number>, answered: readonly Candidate<number>[]): void {
    assert.equal(this.found, null, 'done once');
    this.found = answered;
  }

  lookup(target: number, from: number, options: LookupOptions = LOOKUP_DEFAULTS): Lookup<number> {
    this.target = target;
    this.asked = [];
    this.found = null;
    this.inFlightMost = 0;
    this.inFlight = 0;
    const lookup = new Lookup<number>(this, options);
    lookup.start(this.nearest(from, false));
    for (let left = 10_000; this.events.length > 0 && left > 0; left--) {
      const [event] = this.events.splice(this.random.below(this.events.length), 1);
      event?.();
    }
    return lookup;
  }

  /** What the oracle says: the nearest that are alive. */
  truth(count: number): number[] {
    const alive = this.ids.filter((id) => this.behaviours.get(id) !== 'is dead');
    return alive.sort((a, b) => (a ^ this.target) - (b ^ this.target)).slice(0, count);
  }

  private nearest(node: number, lies: boolean): number[] {
    if (lies) return Array.from({ length: 8 }, () => this.target ^ this.random.below(200));
    return [...(this.tables.get(node) as number[])].sort((a, b) => (a ^ this.target) - (b ^ this.target)).slice(0, 8);
  }
}

test('a lookup ends at the nearest nodes of all, from wherever it starts', () => {
  const network = new Network(1);
  for (let round = 0; round < 200; round++) {
    network.lookup(network.random.below(1 << BITS), network.ids[network.random.below(NODES)] as number);
    assert.deepEqual(
      network.found?.map((candidate) => candidate.contact),
      network.truth(8),
      `round ${round}`,
    );
    assert.ok(network.inFlightMost <= 3);
    assert.equal(new Set(network.asked).size, network.asked.length, 'nobody is asked twice');
    assert.ok(
      network.found?.every((candidate) => candidate.hops <= 12),
      'paths are short',
    );
  }
});

test('with a fifth of the nodes dead and a fifth slow it still ends at the nearest living ones', () => {
  const network = new Network(2);
  for (const id of network.ids)
    if (network.random.chance(0.4)) network.behaviours.set(id, network.random.chance(0.5) ? 'is dead' : 'is slow');
  let right = 0;
  for (let round = 0; round < 200; round++) {
    network.lookup(network.random.below(1 << BITS), network.ids[network.random.below(NODES)] as number);
    const found = network.found?.map((candidate) => candidate.contact) ?? [];
    if (found[0] === network.truth(1)[0]) right++;
  }
  assert.ok(right >= 190, `${right} of 200 lookups`);
});

test('a slow node does not hold the lookup up: another is asked in its place', () => {
  const network = new Network(3);
  const lookup = network.lookup(7, network.ids[0] as number, { ...LOOKUP_DEFAULTS, parallel: 1 });
  assert.ok(lookup.done);
  const [first] = network.asked;
  network.behaviours.set(first as number, 'is slow');
  network.lookup(7, network.ids[0] as number, { ...LOOKUP_DEFAULTS, parallel: 1 });
  assert.equal(network.inFlightMost, 2);
  assert.deepEqual(
    network.found?.map((candidate) => candidate.contact),
    network.truth(8),
  );
});

test('one path at a time finds the one nearest node', () => {
  const network = new Network(4);
  for (let round = 0; round < 100; round++) {
    const lookup = network.lookup(network.random.below(1 << BITS), network.ids[round] as number, {
      ...LOOKUP_DEFAULTS,
      parallel: 1,
      resultsMax: 1,
    });
    assert.deepEqual(
      network.found?.map((candidate) => candidate.contact),
      network.truth(1),
    );
    assert.ok(lookup.questions <= 12, `${lookup.questions} questions`);
  }
});

test('liars who invent ever nearer nodes cannot keep it going', () => {
  const network = new Network(5);
  for (const id of network.ids) network.behaviours.set(id, 'lies');
  const lookup = network.lookup(99, network.ids[0] as number, { ...LOOKUP_DEFAULTS, questionsMax: 40 });
  assert.ok(lookup.done && lookup.questions <= 40);
  assert.ok(lookup.inspect().length <= LOOKUP_DEFAULTS.candidatesMax);
});

test('who does not count is asked on the way, and neither ends the lookup nor is found by it', () => {
  const network = new Network(7);
  const counts = (id: number): boolean => id % 4 !== 0;
  Object.assign(network, { counts });
  let askedAside = 0;
  for (let round = 0; round < 100; round++) {
    network.lookup(network.random.below(1 << BITS), network.ids[round] as number);
    const found = network.found?.map((candidate) => candidate.contact) ?? [];
    assert.equal(found[0], network.truth(NODES).find(counts), `round ${round}`);
    assert.ok(found.length === 8 && found.every(counts));
    askedAside += network.asked.filter((id) => !counts(id)).length;
  }
  assert.ok(askedAside > 0);
});

test('when only those who do not count can lead on, they are waited for', () => {
  const heard: string[] = [];
  const asked: Candidate<number>[] = [];
  const lookup = new Lookup<number>({
    closer: (a, b) => a < b,
    counts: (contact) => contact < 10,
    ask: (candidate) => void asked.push(candidate),
    onLookupDone: (_, answered) => void heard.push(answered.map((candidate) => candidate.contact).join()),
  });
  lookup.start([20]);
  assert.deepEqual(heard, []);
  lookup.answered(asked[0] as Candidate<number>, [4]);
  lookup.answered(asked[1] as Candidate<number>, []);
  assert.deepEqual(heard, ['4']);
});

test('one that does not wait for the slow ends when enough others have answered, and waits when there are no others', () => {
  const heard: string[] = [];
  const asked: Candidate<number>[] = [];
  const owner: LookupOwner<number> = {
    closer: (a, b) => a < b,
    ask: (candidate) => void asked.push(candidate),
    onLookupDone: (_, answered) => void heard.push(answered.map((candidate) => candidate.contact).join()),
  };
  const lookup = new Lookup(owner, { ...LOOKUP_DEFAULTS, resultsMax: 2, waitsForSlow: false });
  lookup.start([1, 2, 3]);
  const [one, two] = asked as [Candidate<number>, Candidate<number>];
  lookup.slow(one);
  lookup.answered(two, []);
  assert.deepEqual(heard, []);
  lookup.answered(asked[2] as Candidate<number>, []);
  assert.deepEqual(heard, ['2,3']);
  const alone = new Lookup(owner, { ...LOOKUP_DEFAULTS, resultsMax: 2, waitsForSlow: false });
  alone.start([7]);
  const seven = asked.at(-1) as Candidate<number>;
  alone.slow(seven);
  assert.equal(heard.length, 1);
  alone.answered(seven, []);
  assert.deepEqual(heard, ['2,3', '7']);
});

test('with nobody to ask it is done at once, with nothing', () => {
  const network = new Network(6);
  new Lookup<number>(network).start([]);
  assert.deepEqual(network.found, []);
});

test('what comes after the end, or twice, changes nothing', () => {
  const heard: string[] = [];
  const asked: Candidate<number>[] = [];
  const owner: LookupOwner<number> = {
    closer: (a, b) => a < b,
    ask: (candidate) => void asked.push(candidate),
    onLookupDone: (_, answered) => void heard.push(answered.map((candidate) => candidate.contact).join()),
  };
  const lookup = new Lookup(owner, { ...LOOKUP_DEFAULTS, resultsMax: 2 });
  lookup.start([5, 3, 5]);
  const [three, five] = asked as [Candidate<number>, Candidate<number>];
  assert.deepEqual([three.contact, five.contact], [3, 5]);
  lookup.answered(three, [3, 5]);
  lookup.answered(three, [1]);
  lookup.failed(three);
  lookup.slow(five);
  lookup.slow(five);
  lookup.answered(five, []);
  lookup.finish();
  lookup.answered(five, [1]);
  assert.deepEqual(heard, ['3,5']);
});
