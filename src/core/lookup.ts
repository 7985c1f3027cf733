/**
 * The iterative lookup that structured overlays share (Kademlia, section 2.3; Chord, figure 5 in its iterative form): ask those known to be
 * nearest, learn of nearer ones, until the nearest have answered. Owns its candidates; how to ask, and what near means, is its owner's.
 */

/** A contact that the lookup knows of. It is handed to `ask`, and whoever hears the answer reports it back with it. */
export interface Candidate<C> {
  readonly contact: C;
  /** Questions that led to it: 0 for a start of the lookup. The largest among the results is the path length. */
  readonly hops: number;
  /** False: asked like the others, but the lookup does not end with it, and it is no result. */
  readonly counts: boolean;
  /** How it stands; only the lookup sets it. */
  state: CandidateState;
}

/** slow: asked and overdue; its place among those asked at once is given to another. */
export type CandidateState = 'new' | 'asked' | 'slow' | 'answered' | 'failed';

export interface LookupOwner<C> {
  /** Whether `a` is strictly nearer to the target than `b`. Two contacts of which neither is nearer are one and the same. */
  closer(a: C, b: C): boolean;
  /** False for a contact that may lead to others and is not trusted itself (BEP 42). Without it, all count. */
  counts?(contact: C): boolean;
  /** Asks the contact for contacts nearer to the target. `answered`, `slow` or `failed` follows, never before this returns. */
  ask(candidate: Candidate<C>, lookup: Lookup<C>): void;
  /** The last call. `answered` are those of the nearest that have answered, nearest first: `resultsMax` of them, unless there are fewer. */
  onLookupDone(lookup: Lookup<C>, answered: readonly Candidate<C>[]): void;
}

export interface LookupOptions {
  /** α: questions in flight at once. 1 follows a single path, as in Chord. */
  readonly parallel: number;
  /** k: how many of the nearest must have answered. */
  readonly resultsMax: number;
  /** Candidates kept, the nearest. More than `resultsMax`, so that others remain when some fail. */
  readonly candidatesMax: number;
  /** Questions in all: a lookup among liars ends too. */
  readonly questionsMax: number;
  /** Whether it waits for those who are slow, or ends without them when enough others have answered (Kademlia, section 2.3). */
  readonly waitsForSlow: boolean;
}

export const LOOKUP_DEFAULTS: LookupOptions = { parallel: 3, resultsMax: 8, candidatesMax: 64, questionsMax: 256, waitsForSlow: true };

export class Lookup<C> {
  private readonly owner: LookupOwner<C>;
  private readonly options: LookupOptions;
  /** Nearest first. */
  private readonly candidates: Candidate<C>[] = [];
  private asking = 0;
  questions = 0;
  done = false;

  constructor(owner: LookupOwner<C>, options: LookupOptions = LOOKUP_DEFAULTS) {
    this.owner = owner;
    this.options = options;
  }

  /** Begins with what is known. With nothing to ask, it is done at once. */
  start(contacts: readonly C[]): void {
    for (const contact of contacts) this.add(contact, 0);
    this.advance();
  }

  /** The candidate has answered with these contacts, which need not be near nor new. */
  answered(candidate: Candidate<C>, contacts: readonly C[]): void {
    if (this.done || !this.settle(candidate, 'answered')) return;
    for (const contact of contacts) this.add(contact, candidate.hops + 1);
    this.advance();
  }

  /** The candidate takes its time: another is asked beside it. */
  slow(candidate: Candidate<C>): void {
    if (this.done || candidate.state !== 'asked') return;
    candidate.state = 'slow';
    this.asking--;
    this.advance();
  }

  /** The candidate will not answer. */
  failed(candidate: Candidate<C>): void {
    if (!this.done && this.settle(candidate, 'failed')) this.advance();
  }

  /** Ends it now: the owner has what it looked for (a value, Chord's successor). */
  finish(): void {
    if (this.done) return;
    this.done = true;
    this.owner.onLookupDone(this, this.results());
  }

  /** The candidates as they stand, nearest first: for pages that show a lookup hop by hop. */
  inspect(): readonly Readonly<Candidate<C>>[] {
    return this.candidates;
  }

  private settle(candidate: Candidate<C>, state: 'answered' | 'failed'): boolean {
    if (candidate.state === 'asked') this.asking--;
    else if (candidate.state !== 'slow') return false;
    candidate.state = state;
    return true;
  }

  /** Sorts a contact in, unless it is there already or too far. */
  private add(contact: C, hops: number): void {
    const { candidates, owner } = this;
    let low = 0;
    let high = candidates.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (owner.closer((candidates[middle] as Candidate<C>).contact, contact)) low = middle + 1;
      else high = middle;
    }
    const there = candidates[low];
    if (there !== undefined && !owner.closer(contact, there.contact)) return;
    if (low >= this.options.candidatesMax) return;
    candidates.splice(low, 0, { contact, hops, counts: owner.counts?.(contact) ?? true, state: 'new' });
    if (candidates.length > this.options.candidatesMax) candidates.pop();
  }

  /** Asks as many as may be asked at once of the nearest that count; done when those have all answered. */
  private advance(): void {
    const { parallel, resultsMax, questionsMax, waitsForSlow } = this.options;
    let counted = 0;
    let waiting = 0;
    let waitingAside = 0;
    // Those who failed do not count among the nearest; the next ones move up.
    for (const candidate of this.candidates) {
      if (counted >= resultsMax || this.done) break;
      if (candidate.state === 'failed') continue;
      const isAside = !candidate.counts || (candidate.state === 'slow' && !waitsForSlow);
      if (!isAside) counted++;
      if (candidate.state === 'new' && this.asking < parallel && this.questions < questionsMax) {
        candidate.state = 'asked';
        this.asking++;
        this.questions++;
        this.owner.ask(candidate, this);
      }
      // What may not be asked any more is not waited for.
      const askable = candidate.state === 'new' && this.questions < questionsMax;
      if (!askable && candidate.state !== 'asked' && candidate.state !== 'slow') continue;
      if (isAside) waitingAside++;
      else waiting++;
    }
    // Those aside hold nothing up, unless only they can make up the number.
    if (waiting === 0 && (waitingAside === 0 || counted >= resultsMax)) this.finish();
  }

  private results(): readonly Candidate<C>[] {
    return this.candidates.filter((candidate) => candidate.state === 'answered' && candidate.counts).slice(0, this.options.resultsMax);
  }
}
