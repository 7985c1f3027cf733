/** The page that an upload server shows to a browser: what is shared, for people. Owns no state. */

import { utf8Bytes } from '../../core/utf8.ts';
import type { SharedFile, SharedFiles } from '../../wire/shared-file.ts';
import { targetOfIndex } from './file-target.ts';

/** A page of more is no help to anybody. */
const FILES_SHOWN_MAX = 1000;

/** `listed`: whether others may see what there is, and not only ask for what they know. */
export function uploadPage(files: SharedFiles, listed: boolean): Uint8Array {
  const shown = listed ? files.after(0, FILES_SHOWN_MAX) : [];
  const rest = files.count - shown.length;
  const more = rest <= 0 ? '' : `<p>${listed ? `and ${rest} more` : 'What is shared is not listed here.'}</p>`;
  const list = shown.length === 0 ? '' : `<ul>\n${shown.map(row).join('\n')}\n</ul>`;
  return utf8Bytes(`<!doctype html><meta charset="utf-8"><title>kith</title><p>This is a node that shares files.</p>${list}${more}\n`);
}

function row({ id, name, bytes }: SharedFile): string {
  return `<li><a href="${targetOfIndex(id, name)}">${escape(name.toWellFormed())}</a> ${bytes}</li>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
