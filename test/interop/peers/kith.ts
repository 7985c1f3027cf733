/** kith itself as a peer among the others: `./kith share`, `get` and `up` as processes of their own, followed by their `--json` lines. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JsonLinesPeer, type PeerEvent } from './json-lines-peer.ts';
import { START_MS_MAX } from './peer.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FINISH_MS_MAX = 30_000;
/** Kept between runs, as on a user's machine; everything else that a process remembers starts empty. */
const COMPILE_CACHE = join(tmpdir(), 'kith-interop-compile-cache');

/** A line of `--json`, as far as it is looked at here. */
interface KithLine {
  readonly event: string;
  readonly link?: string;
  readonly path?: string;
  readonly seconds?: number;
  readonly firstPieceMs?: number | null;
  readonly haveBytes?: number;
  readonly wantedBytes?: number;
  readonly uploadedBytes?: number;
  readonly message?: string;
  readonly why?: string;
  readonly state?: string;
  readonly protocol?: string | null;
  readonly externalAddress?: string | null;
  readonly ports?: readonly { readonly role: string; readonly externalPort: number | null }[];
  readonly peers?: readonly KithPeerRow[];
  /** Of `up`: the link that lets a browser in. */
  readonly pages?: string;
  // Of `stream`.
  readonly url?: string;
  readonly ms?: number;
  readonly afterRequestMs?: number;
  readonly stallSeconds?: number;
  readonly sentBytes?: number;
}

/** One peer of a `peers` event. */
export interface KithPeerRow {
  readonly endpoint: string;
  readonly client: string;
  readonly flags: string;
  readonly sources: readonly string[];
}

export interface KithRunOptions {
  /** Port for peers, as told to the command in `args`. */
  readonly port: number;
  /** XDG folders lie below it; a fresh one that goes with the process when absent. */
  readonly home?: string;
  /** How many links make it ready; 1 when absent. */
  readonly links?: number;
  /** Where a V8 CPU profile goes. */
  readonly profileFolder?: string;
  /** More words for Node itself. */
  readonly nodeOptions?: string;
  /** The command line that runs another one elsewhere, as in a network namespace. */
  readonly inside?: (command: string, ...args: readonly string[]) => [program: string, ...args: string[]];
}

export class KithPeer extends JsonLinesPeer {
  readonly #home: string;
  readonly #ownsHome: boolean;
  readonly #linksWanted: number;
  #links = 0;
  /** The last line of each kind of event. */
  readonly lines = new Map<string, KithLine>();

  constructor(args: readonly string[], options: KithRunOptions) {
    const home = options.home ?? mkdtempSync(join(tmpdir(), 'kith-home-'));
    const line: [string, ...string[]] = [join(ROOT, 'kith'), ...args, '--json'];
    const [program, ...words] = options.inside?.(...line) ?? line;
    super('kith', options.port, program, words, { env: environment(home, options) });
    this.#home = home;
    this.#ownsHome = options.home === undefined;
    this.#linksWanted = options.links ?? 1;
  }

  /** The magnet link that `share` printed; waits for it. */
  async link(): Promise<string> {
    await this.event('ready', START_MS_MAX);
    return this.lines.get('link')?.link ?? '';
  }

  /** The last line of what `stream` tells by that event; waits for the first. */
  async streamLine(event: 'stream' | 'first-byte' | 'done', timeoutMs: number): Promise<KithLine> {
    await this.event(event, timeoutMs);
    return this.lines.get(event) ?? { event };
  }

  /** The command line has no way to dial later; peers are named at the start. */
  override async dial(): Promise<boolean> {
    return false;
  }

  /** It tells once a second, unasked: the next line has the present count. */
  override counters(): Promise<PeerEvent> {
    return this.event('counters', FINISH_MS_MAX, this.events.length);
  }

  override async progress(): Promise<number> {
    const { haveBytes = 0, wantedBytes = 0 } = this.lines.get('done') ?? this.lines.get('progress') ?? { event: '' };
    return wantedBytes === 0 ? 0 : haveBytes / wantedBytes;
  }

  override async done(timeoutMs: number): Promise<void> {
    await this.event('done', timeoutMs);
  }

  /** As Ctrl-C does it. */
  override async finish(): Promise<void> {
    this.group.kill('SIGINT');
    await this.group.end(FINISH_MS_MAX);
  }

  override async stop(): Promise<void> {
    await super.stop();
    if (this.#ownsHome) await rm(this.#home, { recursive: true, force: true });
  }

  protected override translate(line: KithLine): PeerEvent[] {
    this.lines.set(line.event, line);
    const atMs = performance.now();
    switch (line.event) {
      case 'link':
        this.#links += 1;
        return this.#links === this.#linksWanted ? [{ event: 'ready', atMs }] : [];
      case 'ready':
        // `up` is ready before what lies in its folder is.
        return this.#linksWanted > 1 ? [{ event: 'started', atMs }] : [{ event: 'ready', atMs }];
      case 'done': {
        const first = typeof line.firstPieceMs !== 'number' ? [] : [{ event: 'first', atMs, ms: line.firstPieceMs }];
        return [...first, { event: 'done', atMs, ms: (line.seconds ?? Number.NaN) * 1000 }];
      }
      case 'error':
        return [{ event: 'error', atMs, message: `${line.message} ${line.why}` }];
      case 'stream':
      case 'first-byte':
        return [{ event: line.event, atMs, ms: line.ms ?? 0 }];
      case 'progress':
        return [{ event: 'counters', atMs, sent: line.uploadedBytes ?? 0 }];
      default:
        return [];
    }
  }
}

/** `kith share PATH` with more arguments of its command line. */
export function runKithShare(path: string, args: readonly string[], options: KithRunOptions): KithPeer {
  return new KithPeer(['share', path, '--port', String(options.port), ...args], options);
}

/** `kith get SOURCE -o FOLDER` with more arguments of its command line. */
export function runKithGet(source: string, folder: string, args: readonly string[], options: KithRunOptions): KithPeer {
  return new KithPeer(['get', source, '-o', folder, '--port', String(options.port), ...args], options);
}

/** `kith stream LINK -o FOLDER` with more arguments of its command line. */
export function runKithStream(link: string, folder: string, args: readonly string[], options: KithRunOptions): KithPeer {
  return new KithPeer(['stream', link, '-o', folder, '--port', String(options.port), ...args], options);
}

/** `kith tracker` on that port, open to every torrent. */
export function kithTracker(port: number, args: readonly string[] = [], options: Pick<KithRunOptions, 'inside'> = {}): KithPeer {
  return new KithPeer(['tracker', '--port', String(port), ...args], { ...options, port });
}

/** `kith up` on a share folder of so many entries, remembering in `home`; ready when each has its link. */
export function runKithUp(shareFolder: string, entries: number, home: string, port: number): KithPeer {
  mkdirSync(home, { recursive: true });
  return new KithPeer(['up', '--port', String(port), '--folder', shareFolder], { port, home, links: entries });
}

export function kithVersion(): string | null {
  if (!existsSync(join(ROOT, 'src/cli/commands/share.ts'))) return null;
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version; // Our own manifest.
}

function environment(home: string, { profileFolder, nodeOptions = '' }: KithRunOptions): NodeJS.ProcessEnv {
  const folders = Object.fromEntries(
    ['CONFIG', 'DATA', 'STATE', 'CACHE'].map((kind) => [`XDG_${kind}_HOME`, join(home, kind.toLowerCase())]),
  );
  const words = profileFolder === undefined ? nodeOptions : `--cpu-prof --cpu-prof-dir=${profileFolder} ${nodeOptions}`;
  const forNode = words === '' ? {} : { NODE_OPTIONS: words };
  return { ...process.env, ...folders, HOME: home, NODE_COMPILE_CACHE: COMPILE_CACHE, NO_COLOR: '1', ...forNode };
}
