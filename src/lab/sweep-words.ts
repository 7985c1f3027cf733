/** What a sweep lays over an experiment, and what a race runs, in the words of somebody who asks it. Owns no state. */

/** `nodes=64,256`: a path into the RunSpec and the values it takes, at least one. */
export interface Sweep {
  readonly key: string;
  readonly values: readonly string[];
}

const PERCENT_DIGITS = 10;

/** `64 or 256 nodes; 5% of the datagrams lost` */
export function sweepText(sweeps: readonly Sweep[]): string {
  return sweeps.map(sweepWords).join('; ');
}

/** What is asked of the experiment of that title when some values vary and others are given. */
export function sweepQuestion(title: string, varied: readonly Sweep[], given: readonly Sweep[]): string {
  const givenText = given.map(sweepWords).join(' and ');
  if (varied.length === 0) return `What comes of "${title}" with ${givenText}?`;
  const condition = given.length === 0 ? '' : `, given ${givenText}`;
  return `How does "${title}" change with ${varied.map(sweepWords).join(' and with ')}${condition}?`;
}

/** `titles` as their papers write them. */
export function raceTitle(titles: readonly string[]): string {
  return titles.length === 1 ? `${titles[0]} by itself` : `${listed(titles, 'and')} side by side`;
}

export function raceQuestion(titles: readonly string[]): string {
  if (titles.length === 1) return `How many hops, how much time and how much traffic does ${titles[0]} take to find keys?`;
  return `Which of ${listed(titles, 'and')} finds keys in fewer hops, in less time, with less traffic?`;
}

function sweepWords({ key, values }: Sweep): string {
  switch (key) {
    case 'nodes':
      return `${listed(values, 'or')} ${values.length === 1 && values[0] === '1' ? 'node' : 'nodes'}`;
    case 'workload.count':
      return `${listed(values, 'or')} lookups`;
    case 'loss':
      return `${listed(values.map(percent), 'or')} of the datagrams lost`;
    case 'failure':
      return `${listed(values.map(percent), 'or')} of the nodes failing`;
    case 'churn':
      return listed(
        values.map((value) => (value === 'none' ? 'no churn' : `lives of ${value}`)),
        'or',
      );
    case 'network':
      return `a ${listed(values, 'or')} network`;
    default:
      return `${lastOf(key)} ${listed(values, 'or')}`;
  }
}

/** The name of an option as it is written, without the way to it. */
export function lastOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

/** Words that are no number stay as they are. */
function percent(value: string): string {
  const share = value === 'none' ? 0 : Number(value);
  return Number.isFinite(share) ? `${Math.round(share * 100 * PERCENT_DIGITS) / PERCENT_DIGITS}%` : value;
}

function listed(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
