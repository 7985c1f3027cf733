/** A world as a link: its plan behind the `#`, which no server is sent. Owns no state. */

import { planFromText, planText } from '../../../src/lab/live/live-plan.ts';
import type { LivePlan } from './shown.ts';

const NAME = 'plan=';

export function linkTo(plan: LivePlan, origin: string): string {
  const bytes = new TextEncoder().encode(planText(plan));
  const base64 = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return `${origin}/lab#${NAME}${base64}`;
}

/** Null when there is none; throws RangeError that says what is wrong with it. */
export function planIn(hash: string): LivePlan | null {
  const text = hash.replace(/^#/, '');
  if (!text.startsWith(NAME)) return null;
  let json: string;
  try {
    const binary = atob(text.slice(NAME.length).replaceAll('-', '+').replaceAll('_', '/'));
    json = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    throw new RangeError('the link is cut off or was changed');
  }
  return planFromText(json);
}
