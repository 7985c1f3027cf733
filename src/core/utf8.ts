/** UTF-8 (RFC 3629) without the platform's TextDecoder, which the pure folders do not have; wrong bytes become U+FFFD as WHATWG says. */

const REPLACEMENT = 0xfffd;

export function utf8Size(text: string): number {
  let size = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(at + 1))) {
      size += 4;
      at++;
    } else size += 3;
  }
  return size;
}

/** Writes the text and returns the offset after it; a lone surrogate becomes U+FFFD. */
export function writeUtf8(text: string, into: Uint8Array, offset: number): number {
  let to = offset;
  for (let at = 0; at < text.length; at++) {
    let point = text.charCodeAt(at);
    if (point < 0x80) {
      into[to++] = point;
      continue;
    }
    if (isHighSurrogate(point) && isLowSurrogate(text.charCodeAt(at + 1))) {
      point = 0x10000 + ((point - 0xd800) << 10) + text.charCodeAt(++at) - 0xdc00;
      into[to++] = 0xf0 | (point >> 18);
      into[to++] = 0x80 | ((point >> 12) & 0x3f);
    } else if (point < 0x800) {
      into[to++] = 0xc0 | (point >> 6);
      into[to++] = 0x80 | (point & 0x3f);
      continue;
    } else {
      if (point >= 0xd800 && point < 0xe000) point = REPLACEMENT;
      into[to++] = 0xe0 | (point >> 12);
    }
    into[to++] = 0x80 | ((point >> 6) & 0x3f);
    into[to++] = 0x80 | (point & 0x3f);
  }
  return to;
}

export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Size(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

/** Never fails: each longest prefix of a sequence that turns out wrong becomes one U+FFFD. */
export function readUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let at = start; at < end; ) {
    const first = bytes[at++] as number;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    let missing = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
    if (missing === 0) {
      text += '\ufffd';
      continue;
    }
    // The second byte's range rules out overlong forms, surrogates and what lies beyond U+10FFFF.
    let lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let point = first & (0x3f >> missing);
    for (; missing > 0 && at < end; missing--) {
      const next = bytes[at] as number;
      if (next < lowest || next > highest) break;
      point = (point << 6) | (next & 0x3f);
      lowest = 0x80;
      highest = 0xbf;
      at++;
    }
    text += String.fromCodePoint(missing === 0 ? point : REPLACEMENT);
  }
  return text;
}

/** Whether the bytes are UTF-8 and nothing else. */
export function isUtf8(bytes: Uint8Array): boolean {
  const text = readUtf8(bytes);
  // A genuine U+FFFD has three bytes, so a replaced byte nearly always changes the size; comparing the bytes settles it.
  if (utf8Size(text) !== bytes.length) return false;
  const again = utf8Bytes(text);
  return again.every((byte, at) => byte === bytes[at]);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
