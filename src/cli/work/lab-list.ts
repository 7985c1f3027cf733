/** The work of `kith lab ls`: which experiments there are, by paper, what each asks, how long it takes, and what came of it last; owns nothing. */

import { join, relative } from 'node:path';
import { experimentsNamed, knownExperiments } from '../../lab/catalogue.ts';
import { type CatalogueRow, catalogueRow } from '../../lab/catalogue-row.ts';
import { failureFrom } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { signOf } from '../result-table.ts';
import { load } from './lab-experiments.ts';

export async function list(call: Call, folders: readonly string[]): Promise<void> {
  const { console, settings } = call;
  const here = process.cwd();
  const files = folders.length === 0 ? knownExperiments(here) : folders.flatMap((folder) => experimentsNamed(folder, here));
  const rows: CatalogueRow[] = [];
  for (const file of files) {
    try {
      rows.push(catalogueRow(await load(file), join(settings.folders.data, 'lab')));
    } catch (error) {
      // One that is broken is no reason to hide the others.
      const failure = failureFrom(error, `${file.path} could not be read.`);
      console.warn(`${failure.message} ${failure.why}`);
    }
  }
  console.document({ experiments: rows });
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  for (const [paper, group] of Map.groupBy(rows, (row) => row.paper)) {
    console.result(paper);
    for (const row of group) {
      console.result(`${row.last === null ? ' ' : signOf(row.last)} ${row.name.padEnd(width)}  ${row.question}`);
      const where = row.path === null ? '' : `; ${relative(here, row.path)}`;
      const times = `about ${roughTime(row.guessSeconds)}, quick ${roughTime(row.quickGuessSeconds)}`;
      console.result(`  ${' '.repeat(width)}  ${row.where}; ${times}${where}`);
    }
    console.result('');
  }
  console.say(`Run one: ${programWord()} lab run --quick ${rows[0]?.name ?? 'NAME'}`);
}

/** A guess is not told to the second. */
function roughTime(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
