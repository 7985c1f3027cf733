/** The table of the race: a row for each racer, a column for each measure in one of its set-ups, and which are the best of a column. Owns no state. */

import type { ExperimentResult } from '../result.ts';

/** The four experiments that the race consists of. */
export interface RaceResults {
  readonly rest: ExperimentResult;
  readonly churn: ExperimentResult;
  readonly recovery: ExperimentResult;
  readonly frontier: ExperimentResult;
}

export interface RaceColumn {
  /** What stands over several columns: the set-up. */
  readonly group: string;
  readonly heading: string;
  readonly unit: string;
}

export interface RaceCell {
  readonly text: string;
  /** Nobody is better, as far as the digits shown tell; never so where all are alike. */
  readonly best: boolean;
}

export interface RaceRow {
  readonly racer: string;
  readonly cells: readonly RaceCell[];
}

export interface RaceTable {
  readonly columns: readonly RaceColumn[];
  readonly rows: readonly RaceRow[];
}

interface Measured extends RaceColumn {
  /** The text of a racer's value, and the value; less is better everywhere. */
  readonly read: (racer: string) => { readonly text: string; readonly value: number };
}

export function raceTable(results: RaceResults): RaceTable {
  const columns = [...atRest(results.rest), ...underChurn(results.churn), ...afterFailures(results.recovery)];
  const racers = [...new Set(results.rest.curves.map(({ line }) => line))];
  const cells = columns.map((column) => cellsOf(racers.map(column.read)));
  return {
    columns: columns.map(({ group, heading, unit }) => ({ group, heading, unit })),
    rows: racers.map((racer, row) => ({ racer, cells: cells.map((column) => column[row] as RaceCell) })),
  };
}

function cellsOf(values: readonly { readonly text: string; readonly value: number }[]): RaceCell[] {
  const least = Math.min(...values.map(({ value }) => value).filter(Number.isFinite));
  const best = values.find(({ value }) => value === least)?.text;
  const tells = new Set(values.filter(({ value }) => Number.isFinite(value)).map(({ text }) => text)).size > 1;
  return values.map(({ text }) => ({ text, best: tells && text === best }));
}

function atRest(rest: ExperimentResult): Measured[] {
  const nodes = Math.max(...rest.plan.points.map(({ x }) => x));
  const group = `nobody comes or goes, ${nodes} nodes`;
  const column = (heading: string, unit: string, curve: string, digits: number): Measured => ({
    group,
    heading,
    unit,
    read: (racer) => fixed(valueOf(rest, curve, racer, nodes), digits),
  });
  return [
    column('hops', 'mean', 'hops', 2),
    column('time', 'ms, median', 'median', 0),
    column('stretch', '× round trip', 'stretch', 1),
    column('state', 'contacts', 'contacts', 0),
    column('upkeep', 'bytes/s', 'upkeep', 0),
  ];
}

/** At the churn that is not none, the calmer first. */
function underChurn(churn: ExperimentResult): Measured[] {
  const rates = [...new Set(churn.plan.points.map(({ x }) => x))].filter((x) => x > 0).sort((a, b) => a - b);
  return rates.flatMap((perHour) => {
    const group = `half of all lives end within ${Math.round(60 / perHour)} min`;
    const column = (heading: string, unit: string, curve: string, format: (value: number) => Read): Measured => ({
      group,
      heading,
      unit,
      read: (racer) => format(valueOf(churn, curve, racer, perHour)),
    });
    return [
      column('late', '> 4 s or failed', 'unserved', percent),
      column('failed', '', 'failed', percent),
      column('of it wrong', '', 'wrong', percent),
      column('time', 'ms, median', 'median', (value) => fixed(value, 0)),
      column('traffic', 'bytes/s', 'traffic', (value) => fixed(value, 0)),
    ];
  });
}

function afterFailures(recovery: ExperimentResult): Measured[] {
  const share = recovery.plan.points[0]?.spec.failure?.share ?? Number.NaN;
  const group = `${Math.round(share * 100)}% fail at once`;
  const first = Math.min(...recovery.plan.points.map(({ x }) => x));
  return [
    {
      group,
      heading: 'late',
      unit: 'at worst',
      read: (racer) =>
        percent(
          Math.max(...recovery.plan.points.filter(({ line }) => line === racer).map(({ x }) => valueOf(recovery, 'unserved', racer, x))),
        ),
    },
    {
      group,
      heading: 'recovery',
      unit: 's',
      read: (racer) => {
        const seconds = fixed(valueOf(recovery, 'recovery', racer, first) / 1000, 0);
        // Of a run that did not recover the time of the run counts.
        return valueOf(recovery, 'recovered', racer, first) < 1 ? { ...seconds, text: `≥ ${seconds.text}` } : seconds;
      },
    },
  ];
}

type Read = ReturnType<Measured['read']>;

function valueOf({ curves }: ExperimentResult, curve: string, line: string, x: number): number {
  const found = curves.find((each) => each.curve === curve && each.line === line);
  return found?.points.find((point) => point.x === x)?.mean ?? Number.NaN;
}

function fixed(value: number, digits: number): Read {
  return { value, text: Number.isFinite(value) ? value.toFixed(digits) : '–' };
}

function percent(share: number): Read {
  const { text } = fixed(share * 100, 1);
  return { value: share, text: text === '–' ? text : `${text}%` };
}
