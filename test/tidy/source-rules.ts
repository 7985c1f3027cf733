/** The rules that one source file is held to: which way imports run, what the pure folders may not touch, and the house style. */

import { posix } from 'node:path';
import { codeOf, importsOf, lineOf } from './code-text.ts';

export const LINES_MAX = 500;

/** Folders whose code runs in the simulator: no clock, chance, disk or network but the Host's. */
export const PURE_FOLDERS = ['core', 'wire', 'overlays', 'transfer', 'services', 'sim', 'observe'];

/** What the files of each folder of src/ may import, besides their own. Only who does I/O may import `node:` modules. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  wire: ['core'],
  overlays: ['core', 'wire'],
  transfer: ['core', 'wire', 'overlays'],
  services: ['core', 'wire', 'overlays', 'transfer'],
  sim: ['core', 'wire'],
  net: ['core', 'wire'],
  observe: ['core'],
  lab: ['core', 'wire', 'overlays', 'transfer', 'services', 'sim', 'observe', 'net'],
  node: ['core', 'wire', 'overlays', 'transfer', 'services', 'sim', 'observe', 'net', 'lab'],
  cli: ['core', 'wire', 'overlays', 'transfer', 'services', 'sim', 'observe', 'net', 'lab', 'node'],
};

/** Folders that hold one system a subfolder; others come in by its index.ts. */
const FOLDERS_OF_SYSTEMS = ['overlays', 'transfer', 'services'];
const PROTOCOL_FOLDERS = ['overlays', 'transfer', 'services'];

/** Words that would make a run depend on the machine, each with what to do instead. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w$])Date\b/g, 'time comes from host.now()'],
  [/(?<![.\w$])Promise\b/g, 'an operation in flight is an object with fields'],
  [/(?<![.\w$])(?:async|await)\b(?!\s*[:(?]\s*\w*\s*;)/g, 'an operation in flight is an object with fields'],
  [/(?<![.\w$])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, 'timers come from host.setTimer()'],
  [/\bMath\s*\.\s*random\b/g, 'chance comes from host.random'],
  [
    /\bMath\s*\.\s*(?:sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)\b/g,
    'its last bit differs by platform',
  ],
  [/\.\s*(?:localeCompare|toLocale\w*)\b|(?<![.\w$])Intl\b/g, 'it depends on the locale of the machine'],
];

const STYLE: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w$])enum\s+[A-Z]\w*\s*\{/g, 'no enum: use an `as const` object'],
  [/(?::|<|\bas)\s*any\b(?!\s*[:(.])|\bany\[\]/g, 'no `any`'],
];

const UNFINISHED = new RegExp(
  `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'not' + ' implemented', 'for' + ' now'].join('|')})\\b`,
  'g',
);
const BANNED_NAMES = ['util', 'utils', 'manager', 'helper', 'helpers', 'common', 'misc'];

/** Every complaint about one TypeScript file; `path` is relative to the root, with slashes. */
export function complaintsAbout(path: string, source: string): string[] {
  return [
    ...importComplaints(path, source),
    ...(isPure(path) ? wordComplaints(path, codeOf(source), IMPURE) : []),
    ...wordComplaints(path, codeOf(source), STYLE),
    ...wordComplaints(path, source, [[UNFINISHED, 'finish it, or write it down elsewhere']]),
    ...shapeComplaints(path, source),
    ...(isTest(path) ? testComplaints(path, codeOf(source)) : []),
  ];
}

function importComplaints(path: string, source: string): string[] {
  const complaints: string[] = [];
  for (const { name, line } of importsOf(source)) {
    const say = (what: string): number => complaints.push(`${path}:${line}: imports ${name}: ${what}`);
    if (name.startsWith('.') && !/\.(ts|json|mjs)$/.test(name) && !(path.startsWith('web/') && /\.(svelte|css)$/.test(name)))
      say('a relative import ends with .ts');
    if (!path.startsWith('src/') || isTest(path)) continue;
    if (!name.startsWith('.')) {
      if (isPure(path)) say('a pure folder imports nothing from outside');
      continue;
    }
    const target = posix.join(posix.dirname(path), name);
    const what = whyNot(path, target);
    if (what !== null) say(what);
  }
  return complaints;
}

/** Why a file of src/ may not import another, or null when it may. */
function whyNot(path: string, target: string): string | null {
  const [, from, fromSystem] = path.split('/') as [string, string, string];
  const [root, to, toSystem] = target.split('/') as [string, string, string];
  if (root !== 'src') return target === 'package.json' ? null : 'src/ stands on its own';
  if (isTest(target)) return 'a test is imported by nobody';
  const systems = FOLDERS_OF_SYSTEMS.includes(to);
  if (from === to && !(systems && fromSystem !== toSystem)) return null;
  if (from !== to && !(MAY_IMPORT[from] ?? []).includes(to))
    return `${from} may import ${[from, ...(MAY_IMPORT[from] ?? [])].join(', ')} alone`;
  if (systems && PROTOCOL_FOLDERS.includes(from) && !target.endsWith('/index.ts')) return `${to}/${toSystem} is used through its index.ts`;
  return null;
}

function wordComplaints(path: string, text: string, words: readonly (readonly [RegExp, string])[]): string[] {
  return words.flatMap(([word, why]) =>
    [...text.matchAll(word)].map((match) => `${path}:${lineOf(text, match.index)}: ${match[0].trim()}: ${why}`),
  );
}

function shapeComplaints(path: string, source: string): string[] {
  const complaints: string[] = [];
  if (!isTest(path) && !/^(#!.*\n)?\/\*\*/.test(source))
    complaints.push(`${path}:1: a file opens with a /** sentence */ that says what it is`);
  const lines = source.split('\n').length - 1;
  if (lines > LINES_MAX) complaints.push(`${path}: ${lines} lines, at most ${LINES_MAX}: which noun can move out?`);
  const banned = posix
    .basename(path)
    .split(/[-.]/)
    .find((word) => BANNED_NAMES.includes(word));
  if (banned !== undefined) complaints.push(`${path}: '${banned}' says nothing: name the noun`);
  return complaints;
}

/** `code` is without strings, so a reason given as a string shows as blanks between parentheses or after `skip:`. */
function testComplaints(path: string, code: string): string[] {
  const complaints = wordComplaints(path, code, [
    [/\.only\b|\bonly:\s*true/g, 'would leave out the other tests'],
    [
      /\b(?:test|suite|describe|it)\.(?:skip|todo)\b|\b(?:skip|todo):\s*true|\bt\.(?:skip|todo)\(\)/g,
      'a skipped test says why: skip: <reason>',
    ],
  ]);
  if (!/\b(?:test|suite|describe|\w+Conformance|\w+Laws)\(/.test(code)) complaints.push(`${path}: has no test`);
  return complaints;
}

function isPure(path: string): boolean {
  const [root, folder] = path.split('/');
  return root === 'src' && PURE_FOLDERS.includes(folder as string) && !isTest(path);
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}
