/** The members that an introducer knows, from run to run. Owns their file. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEndpoint } from '../core/endpoint.ts';
import type { Introducer } from '../overlays/introducer/index.ts';
import { isObject } from './control/control-connection.ts';
import { makeFolder } from './make-folder.ts';

const FILE_VERSION = 1;

export class MemberFile {
  readonly #file: string;
  readonly #warn: (text: string) => void;

  constructor(file: string, warn: (text: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** What is none of ours is left out: members come again within the hour. */
  recall(introducer: Introducer): void {
    let kept: unknown = null;
    try {
      kept = JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch {
      return;
    }
    if (!isObject(kept) || kept.version !== FILE_VERSION || !Array.isArray(kept.members) || typeof kept.atMs !== 'number') return;
    const agoMs = Math.max(0, Date.now() - kept.atMs);
    for (const member of kept.members as unknown[]) {
      if (!isObject(member) || typeof member.net !== 'string' || typeof member.address !== 'string') continue;
      const endpoint = parseEndpoint(member.address);
      if (endpoint !== null && typeof member.agoMs === 'number') introducer.recall(member.net, endpoint, member.agoMs + agoMs);
    }
  }

  keep(introducer: Introducer): void {
    const fresh = `${this.#file}.new`;
    try {
      makeFolder(dirname(this.#file), 'The members cannot be kept.');
      writeFileSync(fresh, JSON.stringify({ version: FILE_VERSION, atMs: Date.now(), members: introducer.members() }), { mode: 0o600 });
      renameSync(fresh, this.#file);
    } catch (error) {
      this.#warn(`The members cannot be written: ${(error as Error).message}`);
    }
  }
}
