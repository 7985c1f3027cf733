/** A tracker's URL taken apart (BEP 3, 15, 41, 48); immutable data. */

export interface TrackerUrl {
  /** As it came, without a fragment. */
  readonly text: string;
  /** `websocket`: WebTorrent's. `other`: a scheme that nobody announces to. */
  readonly kind: 'http' | 'udp' | 'websocket' | 'other';
  /** Name or IP literal, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query: what BEP 41 sends along over UDP. Empty, or starts with a slash. */
  readonly path: string;
}

/** Longer ones are mistakes or attacks; real ones with a passkey have about 100 characters. */
const URL_LENGTH_MAX = 2000;
const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(?:\[([0-9a-f:.]+)\]|([^/?#:[\]\s]+))(?::(\d{1,5}))?([/?][^#\s]*)?(?:#.*)?$/i;

const KINDS: Readonly<Record<string, TrackerUrl['kind']>> = { udp: 'udp', http: 'http', https: 'http', ws: 'websocket', wss: 'websocket' };

/** Null when the text is no URL with a host. */
export function parseTrackerUrl(text: string): TrackerUrl | null {
  const match = text.length > URL_LENGTH_MAX ? null : SHAPE.exec(text.trim());
  if (match === null) return null;
  const scheme = (match[1] as string).toLowerCase();
  const kind = KINDS[scheme] ?? 'other';
  const port = match[4] === undefined ? (scheme === 'https' || scheme === 'wss' ? 443 : 80) : Number(match[4]);
  if (port < 1 || port > 65_535) return null;
  return {
    text: text.trim().replace(/#.*$/, ''),
    kind,
    hostname: (match[2] ?? match[3]) as string,
    port,
    path: match[5] ?? '',
  };
}

/** The HTTP URL with a query added to it. */
export function withQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

/** BEP 48: the last path component starts with `announce`, which becomes `scrape`; null when it does not. */
export function scrapeUrl(url: TrackerUrl): string | null {
  const match = /^([^?]*\/)announce([^/?]*(?:\?.*)?)$/.exec(url.text);
  return match === null ? null : `${match[1]}scrape${match[2]}`;
}
