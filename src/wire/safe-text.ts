/** Text from strangers, made fit to be shown: valid, short, on one line, and without codes that steer a terminal; owns no state. */

import { readUtf8 } from '../core/utf8.ts';

/** Controls (a terminal obeys them), line and paragraph ends, and marks that reverse the order of what is shown. */
const UNSHOWABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** At most `charsMax` code points; what cannot be shown becomes U+FFFD. */
export function safeText(text: string, charsMax: number): string {
  // Cut twice: by units so that a huge text costs little, then by code points so that none is halved.
  const points = [...text.slice(0, 2 * charsMax)].slice(0, charsMax).join('');
  return points.toWellFormed().replace(UNSHOWABLE, '\ufffd');
}

export function safeUtf8(bytes: Uint8Array, charsMax: number): string {
  return safeText(readUtf8(bytes, 0, Math.min(bytes.length, 4 * charsMax)), charsMax);
}
