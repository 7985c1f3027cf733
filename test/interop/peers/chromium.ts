/** webtorrent in a page of Debian's Chromium: a peer that nobody can dial. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JsonLinesPeer, type PeerEvent } from './json-lines-peer.ts';
import { findProgram } from './process-group.ts';

const SCRIPT = fileURLToPath(new URL('chromium-peer.mjs', import.meta.url));
const PACKAGES = ['webtorrent', 'playwright-core'].map((name) =>
  fileURLToPath(new URL(`node_modules/${name}/package.json`, import.meta.url)),
);
/** A browser starts slowly on a busy machine. */
export const CHROMIUM_START_MS_MAX = 60_000;

export interface ChromiumOptions {
  /** Of the server that the page comes from. */
  readonly port: number;
  /** What it downloads lands here, what it seeds lies here. */
  readonly folder: string;
  /** To download. */
  readonly magnet?: string;
  /** To seed: the name of the torrent, and where it is announced. */
  readonly name?: string;
  readonly trackers?: readonly string[];
  /**
   * Candidates with the addresses of this machine, which pages are given otherwise only when the user lets them use the microphone; without
   * it they are `.local` names.
   */
  readonly showAddresses: boolean;
}

export function chromiumMissing(): string | null {
  if (findProgram('chromium') === null) return 'chromium is not installed';
  return PACKAGES.every((path) => existsSync(path))
    ? null
    : 'playwright-core is not installed: npm ci --ignore-scripts in test/interop/peers';
}

export class ChromiumPeer extends JsonLinesPeer {
  constructor(options: ChromiumOptions) {
    const firstLine = JSON.stringify({ ...options, seed: options.magnet === undefined, executable: findProgram('chromium') });
    super('chromium', options.port, process.execPath, [SCRIPT], { firstLine });
  }

  /** Complete, and saved outside of the page. */
  override async done(timeoutMs: number): Promise<void> {
    await this.event('done', timeoutMs);
  }

  /** The link to what it seeds. */
  async magnet(): Promise<string> {
    const event: PeerEvent & { readonly magnet?: string } = await this.event('ready', CHROMIUM_START_MS_MAX);
    return event.magnet ?? '';
  }
}
