/** One bounded download over HTTP(S) for a person who waits: a `.torrent` by its URL; owns no state. */

import { HttpFetcher } from '../net/fetcher.ts';
import type { Proxy } from '../net/proxy.ts';
import { Failure } from './failure.ts';

const TIMEOUT_MS = 30_000;

/** The body. Throws a Failure: usage, not-found, denied, unreachable, timed-out, or integrity when it is larger than `bytesMax`. */
export async function download(url: string, bytesMax: number, signal: AbortSignal | null, proxy: Proxy | null): Promise<Uint8Array> {
  if (!URL.canParse(url)) throw new Failure('usage', `${url} is no web address.`, '', 'Check its spelling.');
  const fetcher = new HttpFetcher(proxy);
  const closeFetcher = (): void => fetcher.close();
  signal?.addEventListener('abort', closeFetcher, { once: true });
  try {
    const { promise, resolve } = Promise.withResolvers<{ status: number; body: Uint8Array; detail: string }>();
    fetcher.fetch(url, { bytesMax, timeoutMs: TIMEOUT_MS }, { onFetched: (status, body, detail) => resolve({ status, body, detail }) });
    const { status, body, detail } = await promise;
    if (signal?.aborted === true) throw new Failure('interrupted', 'Stopped.', '', '');
    if (status >= 200 && status < 300) return body;
    throw status === 0 ? noAnswer(url, detail) : refused(url, status);
  } finally {
    signal?.removeEventListener('abort', closeFetcher);
    fetcher.close();
  }
}

/** `detail` is the fetcher's: a code of the system, or a bound that was passed. */
function noAnswer(url: string, detail: string): Failure {
  if (detail.includes('bytes, got more')) {
    return new Failure('integrity', `${url} is no .torrent file.`, `Its size: ${detail}.`, 'Check the address.');
  }
  if (detail.startsWith('no answer within'))
    return new Failure('timed-out', `${url} did not answer.`, `There was ${detail}.`, 'Try again later.');
  return new Failure('unreachable', `${url} cannot be reached.`, `The reason: ${detail}.`, 'Check the address and your network.');
}

function refused(url: string, status: number): Failure {
  const why = `The server said ${status}.`;
  if (status === 404 || status === 410) return new Failure('not-found', `${url} does not exist.`, why, 'Check the address.');
  if (status === 401 || status === 403) return new Failure('denied', `${url} is not for us.`, why, 'Get the file with your browser.');
  return new Failure('unreachable', `${url} cannot be had.`, why, 'Try again later.');
}
