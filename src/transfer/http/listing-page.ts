/** The page that a content server shows at `/`: what it serves, for people with a browser; owns no state. */

import { utf8Bytes } from '../../core/utf8.ts';
import { encodePathSegment } from '../../wire/http-url.ts';
import type { ServedFile } from './served-file.ts';

/** A page of more is no help to anybody. */
const FILES_SHOWN_MAX = 2000;

export function listingPage(files: Iterable<ServedFile>): string {
  const rows: string[] = [];
  let more = 0;
  for (const { path, length } of files) {
    if (rows.length === FILES_SHOWN_MAX) more++;
    else
      rows.push(
        `<li><a href="${path.map((name) => encodePathSegment(utf8Bytes(name))).join('/')}">${escape(path.join('/'))}</a> ${length}</li>`,
      );
  }
  const rest = more === 0 ? '' : `<p>and ${more} more</p>`;
  return `<!doctype html><meta charset="utf-8"><title>kith</title><ul>\n${rows.join('\n')}\n</ul>${rest}\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
