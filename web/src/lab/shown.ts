/** What the laboratory shows over the API: frames, places and ways with their numbers unpacked. Owns no state. */

import type { Frame, Places, SearchTrailView, SwarmFrame } from '../../../src/lab/live/live-frame.ts';

export { NodeRole, NodeState, TRAIL_NUMBERS, TrailKind } from '../../../src/lab/live/live-frame.ts';
export type { Frame, LiveLookup, LiveSearch, NodeView, Places, SearchTrailView, SwarmFrame } from '../../../src/lab/live/live-frame.ts';
export type { Act, Deed, LivePlan } from '../../../src/lab/live/live-plan.ts';
export type { Shape, Step } from '../../../src/lab/overlay-model.ts';
export type { CatalogueRow } from '../../../src/lab/catalogue-row.ts';
export type { LabRunView } from '../../../src/node/lab/lab-runs.ts';
export type { LiveWorldView } from '../../../src/node/lab/live-lab.ts';
/** What can be watched, and what can be chosen about it. */
export type { WatchableSystem as SystemView } from '../../../src/lab/live/watched-network.ts';

/** As it travels: arrays of numbers are base64 of their bytes. */
type Sent<T, Arrays extends keyof T> = Omit<T, Arrays> & { readonly [K in Arrays]: string };
type SentSwarm = Sent<SwarmFrame, 'parts' | 'serving' | 'holders'>;
type SentFrame = Omit<Sent<Frame, 'states' | 'messages'>, 'swarm'> & { readonly swarm: SentSwarm | null };

export function frameOf({ states, messages, swarm, ...rest }: SentFrame): Frame {
  return { ...rest, states: bytesOf(states), messages: wordsOf(messages), swarm: swarm === null ? null : swarmOf(swarm) };
}

function swarmOf({ parts, serving, holders, done }: SentSwarm): SwarmFrame {
  return { parts: bytesOf(parts), serving: wordsOf(serving), holders: new Uint16Array(bytesOf(holders).buffer), done };
}

export function placesOf({ spots, boxes, roles, links, ...rest }: Sent<Places, 'spots' | 'boxes' | 'roles' | 'links'>): Places {
  const [floats, rects] = [new Float32Array(bytesOf(spots).buffer), new Float32Array(bytesOf(boxes).buffer)];
  return { ...rest, spots: floats, boxes: rects, roles: bytesOf(roles), links: wordsOf(links) };
}

export function trailOf({ hops, since, messages, ...rest }: Sent<SearchTrailView, 'hops' | 'since' | 'messages'>): SearchTrailView {
  return { ...rest, hops: bytesOf(hops), since: bytesOf(since), messages: wordsOf(messages) };
}

function wordsOf(base64: string): Uint32Array {
  return new Uint32Array(bytesOf(base64).buffer);
}

/** A buffer of its own, so that numbers in it are where they should be. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
