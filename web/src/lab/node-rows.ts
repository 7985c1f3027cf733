/** The nodes of a picture as rows of a table: the same in words, for those who do not see it. Owns no state. */

import { type Frame, NodeRole, NodeState, type Places, type SearchTrailView } from './shown.ts';

export interface NodeRow {
  readonly node: number;
  readonly state: string;
  readonly role: string;
  /** Of a swarm: the part of the content, in percent, and how many it serves. */
  readonly part: number | null;
  readonly serves: number;
  /** Of a search: after how many hops it was reached, 0 for who asks; and whether it has what is looked for. */
  readonly hop: number | null;
  readonly holds: string;
}

const STATE_WORDS = { [NodeState.gone]: 'gone', [NodeState.joining]: 'joining', [NodeState.member]: 'member' } as const;
const ALL = 255;
const SERVING_NUMBERS = 3;

/** `roles`: what those are called who serve others, or what all depend on; and the others. */
export function nodeRows(
  frame: Pick<Frame, 'states' | 'swarm'> | null,
  places: Pick<Places, 'roles'> | null,
  trail: SearchTrailView | null,
  roles: readonly [string, string],
  rowsMax: number,
): NodeRow[] {
  if (frame === null) return [];
  const serves = new Map<number, number>();
  const serving = frame.swarm?.serving ?? new Uint32Array(0);
  for (let at = 0; at < serving.length; at += SERVING_NUMBERS) {
    const server = serving[at] ?? 0;
    serves.set(server, (serves.get(server) ?? 0) + 1);
  }
  const [holders, found] = [new Set(trail?.holders), new Set(trail?.found.map(({ node }) => node))];
  return [...frame.states.subarray(0, rowsMax)].map((state, node) => {
    const role = places?.roles[node] ?? NodeRole.ordinary;
    const reached = trail?.hops[node] ?? 0;
    const part = frame.swarm === null || role === NodeRole.helper ? null : Math.floor((100 * (frame.swarm.parts[node] ?? 0)) / ALL);
    return {
      node,
      // What the laboratory sends is one of these.
      state: STATE_WORDS[state as 0 | 1 | 2],
      role: role === NodeRole.ordinary ? roles[1] : roles[0],
      part,
      serves: serves.get(node) ?? 0,
      hop: reached === 0 ? null : reached - 1,
      holds: found.has(node) ? 'found' : holders.has(node) ? 'yes' : '',
    };
  });
}
