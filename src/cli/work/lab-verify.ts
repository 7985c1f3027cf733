/** The work of `kith lab verify`: every experiment that has something to be held against, and a table of what came of it; owns nothing. */

import { knownExperiments, type LoadedExperiment } from '../../lab/catalogue.ts';
import type { Verdict } from '../../lab/result.ts';
import { failureFrom } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { signOf, verdictLine } from '../result-table.ts';
import { carryOut, type RunOptions } from './lab-carry-out.ts';
import { filesNamed, load } from './lab-experiments.ts';
import { codeOf, planFor } from './lab-run.ts';

export interface VerifyOptions extends RunOptions {
  readonly quick?: true;
}

interface Row {
  readonly name: string;
  /** Null: a run of it failed. */
  readonly agreement: Verdict['agreement'] | null;
  readonly sentence: string;
  readonly report: string | null;
}

/** Without words: all that are known. One that fails does not keep the others from being looked at. */
export async function verify(call: Call, words: readonly string[], options: VerifyOptions): Promise<void> {
  const { console } = call;
  const files = words.length === 0 ? knownExperiments(process.cwd()) : filesNamed(words);
  const loaded: LoadedExperiment[] = [];
  for (const file of files) loaded.push(await load(file));
  const judged = loaded.filter(({ experiment }) => experiment.expect.length + experiment.claims.length > 0);
  const rows: Row[] = [];
  for (const each of judged) rows.push(await verifyOne(call, each, options));

  console.event('verified', { experiments: rows });
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  for (const { name, agreement, sentence } of rows) {
    const sign = agreement === null ? '!' : signOf(agreement);
    console.result(`${sign} ${name.padEnd(width)}  ${sentence}`);
  }
  const agreeing = rows.filter(({ agreement }) => agreement === 'agrees').length;
  console.say(`${agreeing} of ${rows.length} agree.`);
  const failed = rows.some(({ agreement }) => agreement === null);
  process.exitCode = failed ? exitCodeOf('failed') : codeOf(rows.flatMap(({ agreement }) => agreement ?? []));
}

async function verifyOne(call: Call, loaded: LoadedExperiment, options: VerifyOptions): Promise<Row> {
  const { console } = call;
  const { name } = loaded;
  try {
    const { result, folder, report } = await carryOut(call, loaded, planFor(loaded, {}, options), null, options);
    const { agreement, sentence } = result.verdict;
    console.say(`${name}: ${verdictLine(console, result.verdict)}`);
    console.event('result', { experiment: name, folder, report, result });
    return { name, agreement, sentence, report };
  } catch (error) {
    const failure = failureFrom(error, `${name} could not be run.`);
    if (failure.kind === 'interrupted') throw failure;
    console.fail(failure.message, failure.why, failure.next);
    return { name, agreement: null, sentence: failure.message, report: null };
  }
}
