/** What a command says and where: results on stdout, talk on stderr, JSON instead of both when asked; owns the progress line. */

import { typeable } from './follow.ts';
import { Progress } from './progress.ts';

/** Every JSON document and event carries it; it grows when a field changes its meaning. */
const JSON_VERSION = 1;

export interface ConsoleOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

export class Console {
  readonly json: boolean;
  /** The line that shows how far a long work is; plain lines now and then where there is no terminal. */
  readonly progress: Progress;
  readonly #quiet: boolean;
  readonly #color: boolean;

  constructor(options: ConsoleOptions) {
    this.json = options.json;
    this.#quiet = options.quiet;
    this.#color = options.color;
    this.progress = new Progress(process.stderr, options.quiet || options.json);
  }

  /** A result line on stdout: the link, the path. Nothing else goes there. */
  result(line: string): void {
    if (this.json) return;
    this.progress.clear();
    process.stdout.write(`${line}\n`);
  }

  /** A result that is bytes, as they are. */
  bytes(bytes: Uint8Array): void {
    if (this.json) return;
    this.progress.clear();
    process.stdout.write(bytes);
  }

  /** The one JSON document of a short command. */
  document(fields: Readonly<Record<string, unknown>>): void {
    if (this.json) process.stdout.write(`${JSON.stringify({ v: JSON_VERSION, ...fields }, null, 2)}\n`);
  }

  /** One line of NDJSON of a long command. */
  event(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.json) process.stdout.write(`${JSON.stringify({ v: JSON_VERSION, event, ...fields })}\n`);
  }

  /** Talk for people. */
  say(line: string): void {
    if (this.#quiet || this.json) return;
    this.#stderr(typeable(line));
  }

  /** Said even when quiet. */
  warn(line: string): void {
    this.#stderr(`${this.paint('33', 'warning:')} ${line}`);
  }

  /** What, why, what to do next. */
  fail(what: string, why: string, next: string): void {
    this.#stderr(`${this.paint('31;1', 'error:')} ${what}`);
    if (why !== '') this.#stderr(`  ${why}`);
    if (next !== '') this.#stderr(`  ${this.paint('36', '→')} ${typeable(next)}`);
  }

  strong(text: string): string {
    return this.paint('1', text);
  }

  dim(text: string): string {
    return this.paint('2', text);
  }

  paint(code: string, text: string): string {
    return this.#color ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  #stderr(line: string): void {
    this.progress.clear();
    process.stderr.write(`${line}\n`);
  }
}

/** https://no-color.org and FORCE_COLOR; otherwise colours where stderr is a terminal that has them. */
export function wantsColor(environment: NodeJS.ProcessEnv): boolean {
  if ((environment.NO_COLOR ?? '') !== '') return false;
  if ((environment.FORCE_COLOR ?? '0') !== '0') return true;
  return process.stderr.isTTY === true && environment.TERM !== 'dumb';
}
