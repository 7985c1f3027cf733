/** A node of one network and the introducers that it knows: asks them for members to come in by, and tells them of itself while it is one. Owns the asking. */

import { formatEndpoint, parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { Random } from '../core/random.ts';
import { Introducers } from '../overlays/introducer/index.ts';
import { OWN_PACKAGE } from './api/own-package.ts';
import { PatientFetcher } from './patient-fetcher.ts';
import type { Settings } from './settings/settings.ts';

const TICK_MS = 1_000;
/** More are no better to come in by. */
const MEMBERS_MAX = 10;
const ANSWER_MS_MAX = 10_000;

export class Introduction {
  readonly #fetcher = new PatientFetcher();
  readonly #introducers: Introducers;
  readonly #urls: readonly string[];
  readonly #members = new Set<string>();
  #heard = Promise.withResolvers<void>();
  #self: Endpoint | null = null;
  #telling: NodeJS.Timeout | null = null;

  constructor(urls: readonly string[], net: string) {
    this.#urls = urls;
    const onMembers = (members: readonly Endpoint[]): void => {
      for (const member of members) this.#members.add(formatEndpoint(member));
      this.#heard.resolve();
    };
    this.#introducers = new Introducers(urls, net, `KITH${OWN_PACKAGE.version}`, this.#fetcher, new Random(Date.now()), { onMembers });
  }

  /** Some members, `host:port`; none when each introducer has been asked, or does not answer in time. */
  async members(): Promise<readonly string[]> {
    const late = setTimeout(this.#heard.resolve, ANSWER_MS_MAX);
    const asking = setInterval(() => {
      const { questions, members } = this.#introducers.counters;
      // Each was asked once: whoever is the first finds nobody.
      if (members > 0 || (questions >= this.#urls.length && !this.#introducers.isAsking)) this.#heard.resolve();
      else if (questions < this.#urls.length) this.#introducers.tick(performance.now(), true, null);
    }, 50);
    await this.#heard.promise;
    clearTimeout(late);
    clearInterval(asking);
    return [...this.#members].slice(0, MEMBERS_MAX);
  }

  /** From now on they are told that it is there. */
  announce(address: string): void {
    this.#self = parseEndpoint(address);
    const tell = (): void => this.#introducers.tick(performance.now(), false, this.#self);
    tell();
    this.#telling = setInterval(tell, TICK_MS);
    this.#telling.unref();
  }

  async close(): Promise<void> {
    if (this.#telling !== null) clearInterval(this.#telling);
    await this.#fetcher.close();
  }
}

/** Those that the setting names. */
export function introducersOf(settings: Settings): readonly string[] {
  return settings
    .get('networks.introducers')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}
