/** What the laboratory shows over the API: frames and places with their numbers unpacked. Owns no state. */

import type { Frame, Places } from '../../../src/lab/live/live-frame.ts';

export { NodeState } from '../../../src/lab/live/live-frame.ts';
export type { Frame, LiveLookup, Places } from '../../../src/lab/live/live-frame.ts';
export type { Act, Deed, LivePlan } from '../../../src/lab/live/live-plan.ts';
export type { PlaceView, Shape, Step } from '../../../src/lab/overlay-model.ts';
export type { CatalogueRow } from '../../../src/lab/catalogue-row.ts';
export type { LabRunView } from '../../../src/node/lab/lab-runs.ts';
export type { LiveWorldView } from '../../../src/node/lab/live-lab.ts';

export interface SystemView {
  readonly name: string;
  readonly title: string;
  readonly shape: Places['shape'];
  readonly options: Readonly<Record<string, number | boolean | string>>;
}

/** As it travels: arrays of numbers are base64 of their bytes. */
type Sent<T, Arrays extends keyof T> = Omit<T, Arrays> & { readonly [K in Arrays]: string };

export function frameOf({ states, messages, ...rest }: Sent<Frame, 'states' | 'messages'>): Frame {
  return { ...rest, states: bytesOf(states), messages: new Uint32Array(bytesOf(messages).buffer) };
}

export function placesOf({ spots, boxes, ...rest }: Sent<Places, 'spots' | 'boxes'>): Places {
  return { ...rest, spots: new Float32Array(bytesOf(spots).buffer), boxes: new Float32Array(bytesOf(boxes).buffer) };
}

/** A buffer of its own, so that numbers in it are where they should be. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
