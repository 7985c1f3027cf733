/** What an RSS 2.0 or Atom document offers, read from hostile bytes: items with something to fetch, and how often to ask again. Owns no state. */

import { XMLParser } from 'fast-xml-parser';
import { endpointOf } from '../../core/endpoint.ts';
import { reachOf } from '../../transfer/http/index.ts';
import { parseInfoHash, parseInfoHashV2 } from '../../wire/magnet.ts';
import { safeText } from '../../wire/safe-text.ts';
import { FEED_BYTES_MAX, NoFeed } from './no-feed.ts';

/** Of one document; what is behind them has most likely been offered before. */
export const FEED_ITEMS_MAX = 2000;
const TEXT_CHARS_MAX = 500;
const LINK_CHARS_MAX = 16_384;
/** Feeds give the size of the .torrent as often as that of the content; no content that anybody looks for is as small. */
const CONTENT_BYTES_MIN = 1 << 20;

export interface FeedItem {
  /** By which the same item is known the next time. */
  readonly guid: string;
  readonly title: string;
  /** What `kith get` takes: a magnet link, the address of a .torrent, or a hash. */
  readonly link: string;
  /** Null when it is not said. */
  readonly contentBytes: number | null;
}

export interface FeedDocument {
  readonly title: string;
  /** RSS `ttl`; null when it is not said. */
  readonly ttlMinutes: number | null;
  readonly items: readonly FeedItem[];
}

/** `url` is where it came from: items may lead no further inside than that. Throws NoFeed. */
export function parseFeed(bytes: Uint8Array, url: string): FeedDocument {
  const root = parsed(textOf(bytes));
  const rss = child(root, 'rss') ?? child(root, 'RDF');
  const channel = child(rss, 'channel');
  const feed = child(root, 'feed');
  const head = channel ?? feed;
  if (head === null) throw new NoFeed('expected RSS or Atom, got something else');
  // RSS 1.0 has its items beside the channel.
  const nodes = [...children(head, feed === head ? 'entry' : 'item'), ...children(rss, 'item')];
  const items: FeedItem[] = [];
  for (const node of nodes.slice(0, FEED_ITEMS_MAX)) {
    const item = itemOf(node);
    if (item !== null && mayLeadTo(item.link, url)) items.push(item);
  }
  const ttl = Number(textIn(head, 'ttl'));
  return { title: safeText(textIn(head, 'title'), TEXT_CHARS_MAX), ttlMinutes: ttl > 0 ? ttl : null, items };
}

// ---- items -------------------------------------------------------------------------------------------------------------------

function itemOf(node: Node): FeedItem | null {
  const link = linkOf(node);
  if (link === null || link.length > LINK_CHARS_MAX) return null;
  const title = safeText(textIn(node, 'title').replace(/\s+/g, ' '), TEXT_CHARS_MAX);
  return {
    guid: textIn(node, 'guid') || textIn(node, 'id') || link,
    title: title || link.slice(0, TEXT_CHARS_MAX),
    link,
    contentBytes: bytesOf(node),
  };
}

/** The first of: an enclosure, a link that says what it is, a magnet link of the torrent namespace (BEP 36 of old, ezRSS), a hash. */
function linkOf(node: Node): string | null {
  const enclosures = [...children(node, 'enclosure'), ...children(node, 'link').filter((link) => attribute(link, 'rel') === 'enclosure')];
  const enclosed = enclosures.map((each) => ({ url: attribute(each, 'url') || attribute(each, 'href'), type: attribute(each, 'type') }));
  const torrent = enclosed.find(({ url, type }) => isHttp(url) && (type === 'application/x-bittorrent' || isFetchable(url)));
  if (torrent !== undefined) return new URL(torrent.url).href;
  const links = [
    ...enclosed.map(({ url }) => url),
    ...all(node, 'link').map((link) => textOfNode(link) || attribute(link, 'href')),
    textIn(node, 'guid'),
  ];
  const told =
    links.find(isFetchable) ??
    parts(node)
      .map((part) => textIn(part, 'magnetURI'))
      .find(isFetchable);
  // As an address is sent: what it is printed to may be a terminal.
  if (told !== undefined) return isHttp(told) ? new URL(told).href : told;
  const hash = parts(node)
    .map((part) => textIn(part, 'infoHash'))
    .find((text) => parseInfoHash(text) !== null || parseInfoHashV2(text) !== null);
  return hash ?? null;
}

function bytesOf(node: Node): number | null {
  const told = [
    ...parts(node).map((part) => textIn(part, 'contentLength')),
    ...children(node, 'enclosure').map((each) => attribute(each, 'length')),
  ];
  return told.map(Number).find((bytes) => Number.isSafeInteger(bytes) && bytes >= CONTENT_BYTES_MIN) ?? null;
}

/** The torrent namespace stands in the item itself, or in an element of its own. */
function parts(node: Node): readonly Node[] {
  return [node, ...children(node, 'torrent')];
}

function isHttp(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}

function isFetchable(text: string): boolean {
  return /^magnet:\?[\x21-\x7e]+$/i.test(text) || (isHttp(text) && new URL(text).pathname.toLowerCase().endsWith('.torrent'));
}

/** A feed is a stranger's: it shall not make us press a button of our router, or of another program here. */
function mayLeadTo(link: string, from: string): boolean {
  if (!isHttp(link)) return true;
  const { hostname } = new URL(link);
  return !isInside(hostname) || (URL.canParse(from) && new URL(from).hostname === hostname);
}

function isInside(hostname: string): boolean {
  if (/^(?:.*\.)?localhost\.?$/.test(hostname)) return true;
  const endpoint = endpointOf(hostname.replace(/^\[(.*)\]$/, '$1'), 0);
  return endpoint !== null && reachOf(endpoint) !== 'world';
}

// ---- the document --------------------------------------------------------------------------------------------------------------

type Node = Readonly<Record<string, unknown>>;

function parsed(text: string): Node {
  // No feed needs one, and what they can be made to cost is not worth knowing. (They are as little welcome in a comment.)
  if (/<!ENTITY/i.test(text)) throw new NoFeed('expected a document that declares no entities');
  try {
    const root: unknown = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      textNodeName: '#',
      removeNSPrefix: true,
      ignoreDeclaration: true,
      ignorePiTags: true,
      parseTagValue: false,
      trimValues: false,
      // Numbers are read with those of HTML alone. As often as they come: none of them grows.
      htmlEntities: true,
      processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY, maxExpandedLength: FEED_BYTES_MAX },
    }).parse(text);
    return isNode(root) ? root : {};
  } catch (error) {
    throw new NoFeed(`expected XML: ${(error as Error).message.slice(0, TEXT_CHARS_MAX)}`);
  }
}

/** In the encoding of its byte order mark, or that it declares; what is wrong in it becomes U+FFFD. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > FEED_BYTES_MAX) throw new NoFeed(`expected at most ${FEED_BYTES_MAX} bytes, got ${bytes.length}`);
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  const label = wide ?? /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    throw new NoFeed(`expected an encoding that is known, got ${label}`);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Elements of that name, with or without anything in them. */
function all(node: Node | null, name: string): readonly unknown[] {
  if (node === null || !Object.hasOwn(node, name)) return [];
  const value = node[name];
  return Array.isArray(value) ? value : [value];
}

function children(node: Node | null, name: string): readonly Node[] {
  return all(node, name).filter(isNode);
}

function child(node: Node | null, name: string): Node | null {
  return children(node, name)[0] ?? null;
}

function textIn(node: Node, name: string): string {
  for (const each of all(node, name)) {
    const text = textOfNode(each);
    if (text !== '') return text;
  }
  return '';
}

function textOfNode(value: unknown): string {
  const text = isNode(value) ? value['#'] : value;
  return typeof text === 'string' ? text.trim() : '';
}

function attribute(node: unknown, name: string): string {
  const value = isNode(node) ? node[`@${name}`] : null;
  return typeof value === 'string' ? value.trim() : '';
}
