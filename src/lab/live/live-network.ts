/**
 * What a watched world is made of, whatever its kind: an overlay that finds keys, a network that finds files by words, a swarm that passes pieces on.
 * Nodes go by their index in the world. Owns nothing; each kind owns its run.
 */

import type { Random } from '../../core/random.ts';
import type { World } from '../../sim/world.ts';
import type { Frame, LiveShape, NodeView, Places } from './live-frame.ts';
import type { Deed } from './live-plan.ts';

/** Said to those who watch. */
export type Say = (text: string) => void;

export interface LiveNetwork {
  readonly world: World;
  readonly shape: LiveShape;
  /** Of those that live; not to be kept. */
  readonly live: readonly number[];
  /** Machines that run, and are none of those: an index server, a tracker. */
  readonly helpers: readonly number[];
  isMember(node: number): boolean;
  join(): void;
  crash(node: number): void;
  leave(node: number, done: () => void): void;
  /** Begins to let nodes come and go, as the spec says. */
  startChurn(): void;
  /** For people; null when all is as it should be once it is quiet. */
  complaint(): string | null;
  /** Where nodes lie now, and who is linked to whom; `before` is what was found last. */
  look(before: Places | null): Omit<Places, 'version'>;
  lookAt(node: number): readonly NodeView[];
  /** One sentence when it is none that this kind of network can carry out, or null. */
  refusal(deed: Question): string | null;
  ask(deed: Question, random: Random): void;
  /** What a frame has of this kind of network alone. */
  seen(): Pick<Frame, 'lookups' | 'searches' | 'swarm'>;
  /** Of every message that is sent. */
  onMessage(from: number, to: number, message: unknown, lost: boolean): void;
}

/** What is done to one kind of network alone. */
export type Question = Extract<Deed, { kind: 'lookup' | 'search' }>;

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
