/**
 * The search networks that a process takes part in: opens them, gives each its way in (hosts that the settings name, members of the last run,
 * introducers), remembers whom they knew, and tells introducers of us. Owns the networks.
 */

import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { ByteBudget } from '../../core/budget-turns.ts';
import { Introducers } from '../../overlays/introducer/index.ts';
import { OWN_PACKAGE } from '../api/own-package.ts';
import { chosenProxy } from '../chosen-proxy.ts';
import type { Caller } from '../control/caller.ts';
import { Failure, failureFrom } from '../failure.ts';
import { introducersOf } from '../introduction.ts';
import { PatientFetcher } from '../patient-fetcher.ts';
import { resolvePeer } from '../peer-address.ts';
import { HOSTS_KEPT_MAX, HostMemory } from './host-memory.ts';
import type { SearchNetworkEntry } from './networks.ts';
import type { SharedContent } from '../files/library-content.ts';
import type { SearchNetwork, SearchNetworkStatus } from './search-network.ts';

const TICK_MS = 1_000;
/** What is known is kept so often: a crash costs no more. */
const REMEMBER_MS = 5 * 60_000;

export interface TakingPart {
  readonly shared: SharedContent;
  /** Only for a search: on any port, and in no role that others would miss. */
  readonly passing: boolean;
  /** What of it may be sent (`limit.up`), where anything is shared. */
  readonly uploadBudget?: ByteBudget;
}

class Running {
  readonly entry: SearchNetworkEntry;
  readonly network: SearchNetwork;
  readonly introducers: Introducers;

  constructor(entry: SearchNetworkEntry, network: SearchNetwork, introducers: Introducers) {
    this.entry = entry;
    this.network = network;
    this.introducers = introducers;
  }
}

export class RunningNetworks {
  readonly #running: readonly Running[];
  readonly #memory: HostMemory;
  readonly #fetcher: PatientFetcher;
  readonly #passing: boolean;
  readonly #timers: readonly NodeJS.Timeout[];

  /** One that cannot be opened is warned of, and the others go on; rejects with a Failure when none could be. */
  static async open(caller: Caller, entries: readonly SearchNetworkEntry[], part: TakingPart): Promise<RunningNetworks> {
    const { settings, console } = caller;
    const proxy = chosenProxy(settings);
    const memory = new HostMemory(settings.folders.state);
    const fetcher = new PatientFetcher(proxy);
    const urls = introducersOf(settings);
    const failures: Failure[] = [];
    const opened = await Promise.all(
      entries.map(async (entry) => {
        try {
          const named = await namedHosts(caller, entry, proxy === null);
          const network = await openNetwork(caller, entry, part, proxy);
          network.addHosts([...named, ...memory.recall(entry.name)]);
          const listener = { onMembers: (members: readonly Endpoint[]): void => network.addHosts(members) };
          const random = new Random(Date.now());
          return new Running(
            entry,
            network,
            new Introducers(urls, entry.introducedAs, `KITH${OWN_PACKAGE.version}`, fetcher, random, listener),
          );
        } catch (error) {
          failures.push(failureFrom(error, `${entry.name} could not be joined.`));
          return null;
        }
      }),
    );
    const running = opened.filter((each) => each !== null);
    if (running.length === 0 && failures[0] !== undefined) {
      await fetcher.close();
      throw failures[0];
    }
    for (const { message, why } of failures) console.warn(`${message} ${why}`);
    return new RunningNetworks(running, memory, fetcher, part.passing);
  }

  private constructor(running: readonly Running[], memory: HostMemory, fetcher: PatientFetcher, passing: boolean) {
    this.#running = running;
    this.#memory = memory;
    this.#fetcher = fetcher;
    this.#passing = passing;
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#remember(), REMEMBER_MS)];
    for (const timer of this.#timers) timer.unref();
    this.#tick();
  }

  get networks(): readonly SearchNetwork[] {
    return this.#running.map(({ network }) => network);
  }

  statuses(): readonly SearchNetworkStatus[] {
    return this.networks.map((network) => network.status());
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#remember();
    await Promise.all(this.networks.map((network) => network.close()));
    await this.#fetcher.close();
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const { network, introducers } of this.#running) {
      const { wantsHosts, address, firewalled } = network.status();
      // Who stays for a moment only would be a dead end for those who are sent to him.
      const self = this.#passing || firewalled === true || address === null ? null : parseEndpoint(address);
      introducers.tick(nowMs, wantsHosts, self);
    }
  }

  /** A disk that is full costs the memory, not the networks. */
  #remember(): void {
    for (const { entry, network } of this.#running) {
      try {
        this.#memory.keep(entry.name, network.goodHosts(HOSTS_KEPT_MAX));
      } catch {
        // The next time it may fit.
      }
    }
  }
}

/** Whether there is anybody to begin at: a host that is named or remembered, or an introducer. */
export function hasWayIn({ settings }: Caller, entry: SearchNetworkEntry): boolean {
  if (settings.get(entry.hostsSetting) !== '' || settings.get('networks.introducers') !== '') return true;
  return new HostMemory(settings.folders.state).recall(entry.name).length > 0;
}

async function openNetwork(
  caller: Caller,
  entry: SearchNetworkEntry,
  part: TakingPart,
  proxy: ReturnType<typeof chosenProxy>,
): Promise<SearchNetwork> {
  const { settings } = caller;
  const maker = await entry.load();
  const takesAnyPort = part.passing && !settings.isGiven(entry.portSetting);
  return maker({
    caller,
    listenHost: settings.get('listen.host'),
    port: takesAnyPort ? 0 : settings.get(entry.portSetting),
    announceHost: await announcedAddress(settings.get('announce.host'), proxy === null),
    proxy,
    shared: part.shared,
    uploadSlotsMax: settings.get('library.slots'),
    uploadBudget: part.uploadBudget ?? null,
    passing: part.passing,
  });
}

/** Networks pass on addresses, not names. */
async function announcedAddress(name: string, looksUp: boolean): Promise<string> {
  if (name === '') return '';
  const endpoint = await resolvePeer(name.includes(':') ? `[${name}]:1` : `${name}:1`, looksUp);
  if (endpoint === null)
    throw new Failure('usage', `The host ${name} is not known.`, 'Others would not find this node under it.', 'Correct --host.');
  return formatEndpoint(endpoint)
    .replace(/:1$/, '')
    .replace(/^\[|\]$/g, '');
}

/** A name that cannot be looked up is one host less, and warned of. */
async function namedHosts({ settings, console }: Caller, entry: SearchNetworkEntry, looksUp: boolean): Promise<Endpoint[]> {
  const found = await Promise.all(
    listOf(settings.get(entry.hostsSetting)).map(async (text) => {
      const endpoint = await resolvePeer(text, looksUp);
      if (endpoint === null) console.warn(`${text} is not known (${entry.hostsSetting}).`);
      return endpoint;
    }),
  );
  return found.filter((endpoint) => endpoint !== null);
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
