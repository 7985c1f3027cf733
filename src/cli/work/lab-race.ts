/** The work of `kith lab race` without systems: the four experiments that the race consists of, with all that there are, and one page; owns nothing. */

import { join, resolve } from 'node:path';
import type { ExperimentFile } from '../../lab/catalogue.ts';
import { renderRacePage } from '../../lab/report/index.ts';
import type { ExperimentResult, Verdict } from '../../lab/result.ts';
import { replaceFile } from '../../lab/result-folder.ts';
import { makeFolder } from '../../node/make-folder.ts';
import type { Call } from '../cli.ts';
import { filesNamed, load } from './lab-experiments.ts';
import { codeOf, type EffortOptions, planFor, runAndShow } from './lab-run.ts';

const PARTS = ['rest', 'churn', 'recovery', 'frontier'] as const;
const PAGE = 'race.html';

export async function wholeRace(call: Call, options: EffortOptions): Promise<void> {
  const { console, settings } = call;
  const name = options.quick === true ? 'the-race-quick' : 'the-race';
  const folder = options.out === undefined ? join(settings.folders.data, 'lab', name) : resolve(options.out);
  makeFolder(folder, `The result folder ${folder} cannot be used.`);
  const results: Partial<Record<(typeof PARTS)[number], ExperimentResult>> = {};
  const verdicts: Verdict['agreement'][] = [];
  for (const part of PARTS) {
    const [file] = filesNamed([`race-${part}`]);
    const loaded = await load(file as ExperimentFile); // A name that nobody has is a Failure.
    const { result } = await runAndShow(call, loaded, planFor(loaded, {}, options), join(folder, loaded.name), options);
    results[part] = result;
    verdicts.push(result.verdict.agreement);
  }
  const { rest, churn, recovery, frontier } = results as Required<typeof results>; // The loop has filled in each of PARTS.
  const page = join(folder, PAGE);
  replaceFile(page, renderRacePage({ rest, churn, recovery, frontier }));
  console.event('race', { page });
  console.result(page);
  process.exitCode = codeOf(verdicts);
}
