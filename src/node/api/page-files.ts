/**
 * The pages as they were built: a few files, read once, by the names that they have and by no path of a request. Owns the files in memory.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the compiled program, and below a checkout, which has it compiled in `dist` too. */
export const PAGES_FOLDER = fileURLToPath(new URL('../../../dist/pages/', import.meta.url));

/** Addresses of pages: all are the same document, whose script shows what the address names. */
const PAGE_PATH =
  /^\/(?:|log-in|transfers(?:\/[0-9a-f]{40}(?:\/play\/\d{1,7})?)?|fetches\/\d{1,9}(?:\/play)?|lab(?:\/worlds\/\d{1,7}(?:-\d{1,7})?)?|search|networks(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?|node)$/;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** Nothing from elsewhere, nothing inline, and no text becomes markup but what Svelte's own templates are. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const NOT_BUILT = 'The pages have not been built yet.\nBuild them: npm run pages\nThe API answers without them: docs/api.md\n';

interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly lasting: boolean;
}

export class PageFiles {
  readonly #folder: string;
  #files: ReadonlyMap<string, PageFile> | null = null;

  constructor(folder = PAGES_FOLDER) {
    this.#folder = folder;
  }

  /** Whether that path is one of ours: then nothing of the node is told, and nobody needs to be known. */
  has(method: string | undefined, path: string): boolean {
    return (method === 'GET' || method === 'HEAD') && (PAGE_PATH.test(path) || this.#all().has(path));
  }

  send(path: string, known: string | undefined, response: ServerResponse): void {
    const file = this.#all().get(PAGE_PATH.test(path) ? '/index.html' : path);
    response.setHeader('content-security-policy', POLICY);
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()');
    if (file === undefined) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(NOT_BUILT);
      return;
    }
    response.setHeader('cache-control', file.lasting ? 'private, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('etag', file.etag);
    if (known === file.etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length });
    response.end(response.req.method === 'HEAD' ? undefined : file.bytes);
  }

  /** A folder without its document is looked at again: somebody may be building it. */
  #all(): ReadonlyMap<string, PageFile> {
    const files = this.#files ?? readFiles(this.#folder);
    if (files.has('/index.html')) this.#files = files;
    return files;
  }
}

function readFiles(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of namesIn(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(join(folder, name));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const path = `/${name.split(sep).join('/')}`;
    files.set(path, { bytes, type, etag, lasting: path.startsWith('/assets/') });
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
