/**
 * Anti-entropy (CSL-89-1, section 1.3): two sites make their databases the same. Checksums first; then the newest updates, and older ones page by page
 * until the checksums agree (peel back). Owns one such comparison.
 */

import type { Peer } from '../../core/host.ts';
import { RPC_FULL, type RpcOperation } from '../../core/rpc.ts';
import { compare, compared, give, type RumourMessage, rumourCodec, TOLD_BYTES_MAX, TOLD_MAX } from './rumour-messages.ts';
import type { Rumours } from './rumours.ts';
import { timeOf } from './updates.ts';
import { isNews, type Update, type UpdateHeader, update as updateField } from './update.ts';

/** Pages of one comparison: what is farther back comes in a later one. */
const PAGES_MAX = 64;

export class Comparison implements RpcOperation<RumourMessage> {
  private readonly site: Rumours;
  private readonly peer: Peer;
  private skipped = 0;
  private pages = 0;
  private page: readonly Update[] = [];

  constructor(site: Rumours, peer: Peer) {
    this.site = site;
    this.peer = peer;
  }

  start(): void {
    const { site, peer, skipped } = this;
    const transaction = site.rpc.open(peer, this);
    if (transaction === RPC_FULL) return;
    this.page = site.updates.page(skipped, TOLD_MAX);
    const { checksum } = site.updates;
    site.host.send(peer, rumourCodec, { tag: compare.tag, transaction, checksum, skipped, headers: this.page.map(headerOf) });
  }

  onReply(reply: RumourMessage): void {
    if (reply.tag !== compared.tag || reply.same) return;
    const { site, peer, page } = this;
    // What a comparison brings is spread as a rumour again (section 1.5): who lacked it may not be alone.
    for (const update of reply.updates) site.hear(update, true);
    const wanted = page.filter((_, index) => ((reply.wanted >>> index) & 1) === 1);
    for (const updates of inMessages(wanted))
      site.host.send(peer, rumourCodec, { tag: give.tag, updates: updates.map((each) => site.toldOf(each)) });
    site.sent += wanted.length;
    this.pages++;
    const isWholePage = page.length === TOLD_MAX;
    if (this.pages >= PAGES_MAX || (!isWholePage && reply.updates.length === 0 && wanted.length === 0)) return;
    if (isWholePage) this.skipped += page.length;
    // What came may have been cut off, or moved others back: the same page once more.
    else if (reply.updates.length === 0) return;
    this.start();
  }

  onSlow(): void {}

  onTimeout(): void {}
}

/** The other side. */
export function onCompare(site: Rumours, from: Peer, message: Extract<RumourMessage, { readonly tag: typeof compare.tag }>): void {
  const { transaction, checksum, headers, skipped } = message;
  const { updates } = site;
  if (checksum === updates.checksum) {
    site.host.send(from, rumourCodec, { tag: compared.tag, transaction, same: true, wanted: 0, updates: [] });
    return;
  }
  let wanted = 0;
  for (const [index, header] of headers.entries()) {
    const known = updates.get(header.key);
    if (known === null || isNews(header, known)) wanted |= 1 << index;
  }
  // A page that is not full goes back to the beginning of time.
  const last = headers.length < TOLD_MAX ? 0 : Math.min(...headers.map(timeOf));
  const first = skipped === 0 ? Number.POSITIVE_INFINITY : Math.max(...headers.map(timeOf));
  const lacking = updates.missingIn(headers, last).filter((update) => timeOf(update) <= first);
  const [told = []] = inMessages(lacking);
  site.sent += told.length;
  site.host.send(from, rumourCodec, {
    tag: compared.tag,
    transaction,
    same: false,
    wanted: wanted >>> 0,
    updates: told.map((each) => site.toldOf(each)),
  });
}

function headerOf({ key, version, writer, activation }: Update): UpdateHeader {
  return { key, version, writer, activation };
}

/** As many as fit into one message each. */
function inMessages(updates: readonly Update[]): Update[][] {
  const messages: Update[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const update of updates) {
    const size = updateField.size(update);
    const current = messages.at(-1);
    if (current === undefined || bytes + size > TOLD_BYTES_MAX || current.length === TOLD_MAX) {
      messages.push([update]);
      bytes = size;
    } else {
      current.push(update);
      bytes += size;
    }
  }
  return messages;
}
