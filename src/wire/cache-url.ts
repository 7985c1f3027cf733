/** Addresses of web caches (GWC), as they stand in answers, settings and options. Owns no state. */

/** Longer ones are none that anybody types or passes on. */
const CACHE_URL_CHARS_MAX = 256;

/** Where another cache can be asked; nothing that would fit into a line of ours twice. */
export function isCacheUrl(url: string): boolean {
  return url.length <= CACHE_URL_CHARS_MAX && /^https?:\/\/[\w.:[\]-]+(\/[\w.~%+/-]*)?$/i.test(url);
}
