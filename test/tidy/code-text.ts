/** Tells code from comments, strings and regular expressions in TypeScript, so that the tidy rules judge what is meant as code. */

/** What may stand before a `/` that opens a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[([{,;:=!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/;

/** The source with everything that is not code turned to blanks; as long as the source, lines where they were. */
export function codeOf(source: string): string {
  const code = source.split('');
  /** Depth of braces at which each open template literal goes on. */
  const templates: number[] = [];
  let depth = 0;
  let at = source.startsWith('#!') ? blank(code, 0, endOfLine(source, 0)) : 0;
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const one = source[at] as string;
    if (two === '//') at = blank(code, at, endOfLine(source, at));
    else if (two === '/*') at = blank(code, at, endOf(source, '*/', at + 2));
    else if (one === "'" || one === '"') at = blank(code, at, endOfString(source, at));
    else if (one === '/' && BEFORE_REGEX.test(code.slice(Math.max(0, at - 80), at).join(''))) at = blank(code, at, endOfRegex(source, at));
    else if (one === '`' || (one === '}' && templates.at(-1) === depth)) {
      if (one === '}') templates.pop();
      const end = endOfTemplateText(source, at + 1);
      if (source[end - 1] === '{') templates.push(depth);
      at = blank(code, at, end);
    } else {
      if (one === '{') depth++;
      if (one === '}') depth--;
      at++;
    }
  }
  return code.join('');
}

/** Module names that the source imports or re-exports from, with the line of each. */
export function importsOf(source: string): { readonly name: string; readonly line: number; readonly typeOnly: boolean }[] {
  const code = codeOf(source);
  const found = [];
  for (const match of source.matchAll(/\b(?:from|import)\s*\(?\s*(?:'([^'\n]+)'|"([^"\n]+)")/g)) {
    if (!/^(from|import)/.test(code.slice(match.index, match.index + 6))) continue;
    const statement = code
      .slice(0, match.index)
      .split(/\b(?=import\b|export\b)/)
      .at(-1) as string;
    found.push({
      name: (match[1] ?? match[2]) as string,
      line: lineOf(source, match.index),
      typeOnly: /^(import|export)\s+type\b/.test(statement),
    });
  }
  return found;
}

export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function blank(code: string[], start: number, end: number): number {
  for (let at = start; at < end; at++) if (code[at] !== '\n') code[at] = ' ';
  return end;
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

function endOf(source: string, closing: string, at: number): number {
  const end = source.indexOf(closing, at);
  return end < 0 ? source.length : end + closing.length;
}

function endOfString(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === source[start] || source[at] === '\n') return at + 1;
  }
  return source.length;
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length; at++) {
    const one = source[at];
    if (one === '\\') at++;
    else if (one === '[') inClass = true;
    else if (one === ']') inClass = false;
    else if (one === '\n' || (one === '/' && !inClass)) return at + 1;
  }
  return source.length;
}

/** Past the closing backtick, or past the `${` that interrupts the text. */
function endOfTemplateText(source: string, start: number): number {
  for (let at = start; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '`') return at + 1;
    else if (source[at] === '$' && source[at + 1] === '{') return at + 2;
  }
  return source.length;
}
