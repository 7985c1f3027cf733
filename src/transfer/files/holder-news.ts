/** What a download and its holders tell each other in heads: who else has the file, which parts, where the tree is. Owns what was asked of whom. */

import { isNowhere, mayName } from '../../core/address-scope.ts';
import { equalBytes } from '../../core/bytes.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import { parseUrn } from '../../wire/urn.ts';
import { alternatesOf, type FirewalledAlternate, formatAlternates, formatFirewalled } from './alternate-locations.ts';
import { parseAvailableRanges } from './available-ranges.ts';
import type { DownloadOptions } from './download-options.ts';
import type { Holder } from './holder.ts';
import { FEATURES } from './upload-heads.ts';

/** Others are named to a holder; more would be noise. */
const NAMED_MAX = 10;
const PUSHED_NAMED_MAX = 5;

/** Who else has the file, as a holder tells. */
export interface ToldOthers {
  readonly open: readonly Endpoint[];
  readonly pushed: readonly FirewalledAlternate[];
}

const NOBODY: ToldOthers = { open: [], pushed: [] };

export class HolderNews {
  private readonly host: Host;
  private readonly options: DownloadOptions;
  private readonly holders: ReadonlyMap<string, Holder>;
  /** Nobody is asked for his tree twice. */
  private readonly treesAsked = new WeakSet<Holder>();

  /** `holders` are the download's, as they are at each moment. */
  constructor(host: Host, options: DownloadOptions, holders: ReadonlyMap<string, Holder>) {
    this.host = host;
    this.options = options;
    this.holders = holders;
  }

  /** Of those who were heard of before: by uploads, and by earlier downloads. */
  known(): readonly Endpoint[] {
    const { wanted, alternates, node } = this.options;
    const { sha1 } = wanted.hashes;
    return sha1 === null || node === null ? [] : (alternates?.some(sha1, node, this.host.now()) ?? []);
  }

  headersFor(holder: Holder): Map<string, string> {
    const { userAgent, callBacks, wanted } = this.options;
    const headers = new Map([
      ['user-agent', userAgent],
      ['accept-encoding', 'identity'],
      ['x-queue', '1.0'],
      ['x-features', FEATURES],
    ]);
    const calledAt = callBacks?.node ?? null;
    // A web server has no queue, and need not know where else we are.
    if (calledAt !== null && holder.way.onMoved === undefined) headers.set('x-node', formatEndpoint(calledAt));
    if (holder.place !== null && holder.place.id !== '')
      headers.set('x-queued', `position=${holder.place.position}; ID=${holder.place.id}`);
    const named = wanted.hashes.sha1 === null ? [] : this.goodFor(holder);
    if (named.length > 0) headers.set('x-alt', formatAlternates(named));
    const pushed = wanted.hashes.sha1 === null ? [] : this.goodPushed(holder);
    if (pushed.length > 0) headers.set('x-falt', formatFirewalled(pushed));
    return headers;
  }

  /** Others who have sent something, for him who has not heard of them. */
  private goodFor(holder: Holder): Endpoint[] {
    const found: Endpoint[] = [];
    for (const { endpoint, meter, state } of this.holders.values()) {
      if (found.length === NAMED_MAX) break;
      const isGood = endpoint !== null && endpoint !== holder.endpoint && meter.total > 0 && state !== 'dropped';
      if (isGood && mayName(holder.endpoint ?? endpoint, endpoint)) found.push(endpoint);
    }
    return found;
  }

  /** Those of them who had to be pushed. */
  private goodPushed(holder: Holder): FirewalledAlternate[] {
    const found: FirewalledAlternate[] = [];
    for (const { way, meter, state } of this.holders.values()) {
      const { firewalled } = way;
      if (firewalled === undefined || way === holder.way || meter.total === 0 || state === 'dropped') continue;
      const proxies = firewalled.proxies.filter((proxy) => mayName(holder.endpoint ?? proxy, proxy));
      if (proxies.length > 0 && found.length < PUSHED_NAMED_MAX) found.push({ guid: firewalled.guid, proxies });
    }
    return found;
  }

  /** Others who have it, as he says. He is dropped when it is another file that he has. */
  told(holder: Holder, headers: HttpHeaders): ToldOthers {
    const { wanted, alternates } = this.options;
    const { sha1 } = wanted.hashes;
    const told = parseUrn(headers.get('x-gnutella-content-urn')?.split(',')[0]?.trim() ?? '')?.sha1 ?? null;
    if (told !== null && sha1 !== null && !equalBytes(told, sha1)) {
      holder.drop('has another file');
      return NOBODY;
    }
    const ranges = headers.get('x-available-ranges');
    holder.available = ranges === undefined ? null : parseAvailableRanges(ranges, wanted.bytes);
    const treeTarget = headers.get('x-thex-uri')?.trim() ?? '';
    if (!this.treesAsked.has(holder) && /^\/[\x21-\x7e]{1,500}$/.test(treeTarget)) {
      this.treesAsked.add(holder);
      holder.treeTarget = treeTarget;
    }
    const teller = holder.endpoint;
    if (teller === null || sha1 === null) return NOBODY;
    const { has, firewalled } = alternatesOf(headers);
    const open = has.filter((endpoint) => this.isMeant(teller, endpoint));
    const now = this.host.now();
    for (const endpoint of open) alternates?.learn(sha1, endpoint, teller, now);
    const pushed = firewalled.flatMap(({ guid, proxies }) => {
      const meant = proxies.filter((proxy) => !isNowhere(proxy) && this.isMeant(teller, proxy));
      return meant.length === 0 ? [] : [{ guid, proxies: meant }];
    });
    for (const each of pushed) alternates?.learnFirewalled(sha1, each, teller, now);
    return { open, pushed };
  }

  private isMeant(teller: Endpoint, endpoint: Endpoint): boolean {
    const { node } = this.options;
    return mayName(teller, endpoint) && (node === null || !equalBytes(node, endpoint));
  }
}
