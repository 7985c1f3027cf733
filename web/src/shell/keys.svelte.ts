/** Hands keys that were pressed anywhere to the actions that have them. Owns the key that waits for a second. */

import { actions } from './actions.svelte.ts';
import { KeySequence, nameOfKey } from './key-sequence.ts';
import { preferences } from './preferences.svelte.ts';

/** A field keeps all other keys: Delete takes a letter away in it, and Control+a selects its words. */
const PAST_FIELDS: readonly string[] = ['Escape', 'Control+k'];

const sequence: { of: readonly string[]; keys: KeySequence } = { of: [], keys: new KeySequence([]) };

/** `busy`: there is nothing to be done by keys now. A dialog takes them all by itself. */
export function keyDown(event: KeyboardEvent, busy: boolean): void {
  if (event.defaultPrevented || busy || event.isComposing || isDialogOpen()) return;
  const name = nameOfKey(event);
  const isLetter = name.length === 1 || name === 'Space' || name === 'Enter';
  if (isLetter && !preferences.letterKeys) return;
  if (takesText(event.target) && !PAST_FIELDS.includes(name)) return;
  if ((name === 'Space' || name === 'Enter') && isControl(event.target)) return;
  const known = actions.list.map(({ keys }) => keys).filter((keys) => keys !== '');
  if (known.join() !== sequence.of.join()) Object.assign(sequence, { of: known, keys: new KeySequence(known) });
  const pressed = sequence.keys.press(name, event.timeStamp);
  const action = pressed === null ? null : actions.byKeys(pressed);
  if (action === null) return;
  event.preventDefault();
  action.run();
}

function isDialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('a[href], button, input, select, summary, textarea, [role=tab]');
}
