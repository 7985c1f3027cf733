/** The rules for what is not TypeScript: the lock file, the reasons for dependencies, links between pages, nothing of one machine. */

import { posix } from 'node:path';

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      { readonly resolved?: string; readonly link?: boolean; readonly optionalDependencies?: Readonly<Record<string, string>> }
    >
  >;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A lock that names no registry, and has an entry for every platform: npm 11 and 12 refuse `npm ci` without. */
export function lockComplaints(path: string, text: string): string[] {
  const { packages } = JSON.parse(text) as Lock; // npm wrote the file.
  const complaints: string[] = [];
  for (const [name, entry] of Object.entries(packages)) {
    // That of a workspace is a folder of ours.
    if (entry.resolved !== undefined && entry.link !== true)
      complaints.push(`${path}: ${name} has "resolved"; .npmrc's omit-lockfile-registry-resolved keeps it out`);
    for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
      if (!(`node_modules/${optional}` in packages) && !(`${name}/node_modules/${optional}` in packages)) {
        complaints.push(`${path}: no entry for ${optional}, which ${name} wants on some platform; npm 11 would not install from it`);
      }
    }
  }
  return complaints;
}

/** docs/dependencies.md: one line `- \`name\`: a sentence.` for each dependency, and none for what is gone. */
export function dependencyComplaints(page: string, manifests: readonly Manifest[]): string[] {
  const parts = manifests.flatMap(({ dependencies, optionalDependencies, devDependencies }) => [
    dependencies,
    optionalDependencies,
    devDependencies,
  ]);
  const wanted = [...new Set(parts.flatMap((part) => Object.keys(part ?? {})))];
  const reasons = new Map([...page.matchAll(/^- `([^`]+)`: (.*)$/gm)].map((match) => [match[1] as string, match[2] as string]));
  return [
    ...wanted
      .filter((name) => !/\w+ \w+.*\.$/.test(reasons.get(name) ?? ''))
      .map((name) => `docs/dependencies.md: no sentence for ${name}`),
    ...[...reasons.keys()].filter((name) => !wanted.includes(name)).map((name) => `docs/dependencies.md: ${name} is in no package.json`),
  ];
}

/** Relative links of a page must lead to a file or folder that is there. */
export function linkComplaints(path: string, page: string, exists: (path: string) => boolean): string[] {
  const prose = page.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)|(?:src|href)="([^"#]+)"/g)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !exists(posix.join(posix.dirname(path), target)))
    .map((target) => `${path}: links to ${target}, which is not there`);
}

/** `marks` are strings that only one machine or one network has: the path of a checkout, the host of a package registry. */
export function machineComplaints(path: string, text: string, marks: readonly string[]): string[] {
  return marks
    .filter((mark) => occurrences(text, mark).some((at) => !/[\w.]/.test(text[at - 1] ?? ' ')))
    .map((mark) => `${path}: names ${mark}, which other machines do not have`);
}

function occurrences(text: string, mark: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) found.push(at);
  return found;
}
