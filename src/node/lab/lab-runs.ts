/**
 * Experiments that a node runs for a page: `kith lab` as a process of its own, so that hours of computing cost the node nothing and a stopped run
 * goes on where it was. Owns the processes; results lie where `kith lab` keeps them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { closestWord } from '../../core/closest-word.ts';
import type { ExperimentFile } from '../../lab/catalogue.ts';
import type { CatalogueRow } from '../../lab/catalogue-row.ts';
import { Failure } from '../failure.ts';

/** Compiled packages have `.js` files beside each other, checkouts `.ts`. */
const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../cli/main.ts' : '../../cli/main.js', import.meta.url));
/** Each takes all cores by itself. */
const UNDER_WAY_MAX = 2;
/** Ended ones that are still told of. */
const KEPT_MAX = 50;
const SAID_CHARS_MAX = 2_000;
const KILL_AFTER_MS = 5_000;

/** Where `kith lab` keeps results, and the environment that makes it keep them there. */
export interface LabPlace {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface LabRunRequest {
  readonly experiment: string;
  readonly effort: 'quick' | 'full';
  /** Values laid over it, as `--set` takes them. */
  readonly set: readonly string[];
}

export type LabRunState = 'running' | 'done' | 'failed' | 'stopped';

export interface LabRunView extends LabRunRequest {
  readonly id: number;
  readonly state: LabRunState;
  readonly startedAtMs: number;
  /** Runs of the plan, and how many of them are done; 0 of 0 before the plan is known. */
  readonly runs: number;
  readonly done: number;
  /** Null before it is judged. */
  readonly verdict: string | null;
  /** What there is to say: of the verdict, or of what went wrong; empty meanwhile. */
  readonly sentence: string;
  readonly hasReport: boolean;
  /** The same on a command line. */
  readonly command: string;
}

interface Entry {
  view: LabRunView;
  /** Null once it has ended: a process weighs more than all that is told of it. */
  child: ChildProcess | null;
  report: string | null;
}

/** Of the events of `kith lab run --json`, what is looked at. */
interface LabEvent {
  readonly event?: string;
  readonly runs?: number;
  readonly done?: number;
  readonly report?: string;
  readonly result?: { readonly verdict?: { readonly agreement?: string; readonly sentence?: string } };
  readonly message?: string;
  readonly why?: string;
}

export class LabRuns {
  readonly #place: LabPlace;
  readonly #entries = new Map<number, Entry>();
  #count = 0;

  constructor(place: LabPlace) {
    this.#place = place;
  }

  list(): LabRunView[] {
    return [...this.#entries.values()].map(({ view }) => view);
  }

  view(id: number): LabRunView {
    return this.#entry(id).view;
  }

  /** One of those that come with kith: a file that a caller names would be code that runs here. Throws a Failure when enough are under way. */
  async start(request: LabRunRequest): Promise<LabRunView> {
    await this.#checkName(request.experiment);
    const underWay = this.list().filter(({ state }) => state === 'running').length;
    if (underWay >= UNDER_WAY_MAX) {
      throw new Failure('denied', 'Enough experiments are running.', `There are ${underWay}.`, 'Stop one of them, or wait.');
    }
    const words = wordsOf(request);
    const child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...words, '--json'], {
      env: this.#place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const id = ++this.#count;
    const view: LabRunView = {
      ...request,
      id,
      state: 'running',
      startedAtMs: Date.now(),
      runs: 0,
      done: 0,
      verdict: null,
      sentence: '',
      hasReport: false,
      command: `kith ${words.join(' ')}`,
    };
    const entry: Entry = { view, child, report: null };
    this.#entries.set(id, entry);
    this.#forgetOld();
    this.#follow(entry, child);
    return view;
  }

  /** What each experiment asks, how long it takes, and what came of it last. */
  async catalogue(): Promise<CatalogueRow[]> {
    const { catalogueRow } = await import('../../lab/catalogue-row.ts');
    const { loadExperiment } = await import('../../lab/catalogue.ts');
    return Promise.all((await ownExperiments()).map(async (file) => catalogueRow(await loadExperiment(file), this.#place.folder)));
  }

  /** What is done stays; starting the same again goes on from there. */
  stop(id: number): LabRunView {
    const entry = this.#entry(id);
    if (entry.view.state === 'running') {
      entry.view = { ...entry.view, state: 'stopped' };
      entry.child?.kill('SIGINT');
      setTimeout(() => entry.child?.kill('SIGKILL'), KILL_AFTER_MS).unref();
    }
    return entry.view;
  }

  /** The path of its page. Throws a Failure when there is none yet. */
  reportOf(id: number): string {
    const { report } = this.#entry(id);
    if (report === null || !existsSync(report)) throw new Failure('not-found', 'There is no report yet.', 'It comes with the verdict.', '');
    return report;
  }

  close(): void {
    for (const id of this.#entries.keys()) this.stop(id);
  }

  #follow(entry: Entry, child: ChildProcess): void {
    let said = '';
    child.stderr?.on('data', (bytes: Uint8Array) => {
      said = (said + Buffer.from(bytes).toString('utf8')).slice(-SAID_CHARS_MAX);
    });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(entry, line));
    child.once('error', (error) => this.#end(entry, error.message));
    child.once('close', () => {
      entry.child = null;
      this.#end(entry, said.trim());
    });
  }

  #onLine(entry: Entry, line: string): void {
    const event = parsed(line);
    const { view } = entry;
    if (event.event === 'plan') entry.view = { ...view, runs: event.runs ?? 0, done: event.done ?? 0 };
    else if (event.event === 'run') entry.view = { ...view, done: view.done + 1 };
    else if (event.event === 'result') {
      const { agreement = null, sentence = '' } = event.result?.verdict ?? {};
      entry.report = event.report ?? null;
      entry.view = { ...view, state: 'done', verdict: agreement, sentence, hasReport: entry.report !== null };
    } else if (event.event === 'error') {
      entry.view = { ...view, sentence: [event.message, event.why].filter((text) => text !== undefined && text !== '').join(' ') };
    }
  }

  /** Without a verdict it has failed, unless somebody stopped it. */
  #end(entry: Entry, said: string): void {
    const { view } = entry;
    if (view.state !== 'running') return;
    entry.view = { ...view, state: 'failed', sentence: view.sentence || said };
  }

  async #checkName(name: string): Promise<void> {
    const names = (await ownExperiments()).map((file) => file.name);
    if (names.includes(name)) return;
    const meant = closestWord(name, names);
    throw new Failure(
      'not-found',
      `There is no experiment ${name}.`,
      meant === null ? '' : `Did you mean ${meant}?`,
      'All of them: kith lab ls',
    );
  }

  #entry(id: number): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Failure('not-found', `There is no run ${id}.`, 'It was never started here, or is long over.', '');
    return entry;
  }

  #forgetOld(): void {
    for (const [id, { view }] of this.#entries) {
      if (this.#entries.size <= KEPT_MAX) return;
      if (view.state !== 'running') this.#entries.delete(id);
    }
  }
}

async function ownExperiments(): Promise<ExperimentFile[]> {
  const { knownExperiments } = await import('../../lab/catalogue.ts');
  return knownExperiments(dirname(PROGRAM)).filter(({ own }) => own);
}

/** The words of the command that does the same. */
function wordsOf({ experiment, effort, set }: LabRunRequest): string[] {
  const quick = effort === 'quick' ? ['--quick'] : [];
  if (set.length === 0) return ['lab', 'run', ...quick, experiment];
  return ['lab', 'sweep', ...quick, experiment, ...set.flatMap((each) => ['--set', each])];
}

function parsed(line: string): LabEvent {
  try {
    // Only fields that are looked at, each of which may be missing.
    return JSON.parse(line) as LabEvent;
  } catch {
    return {};
  }
}
