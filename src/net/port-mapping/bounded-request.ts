/** One HTTP exchange with a device of the local network that nobody vouches for: one host, no redirects, bounded in bytes and time. */

import { request } from 'node:http';
import { GatewayRefusal } from './gateway.ts';

/** Descriptions of routers have 2 to 20 KB. */
export const ANSWER_BYTES_MAX = 64 * 1024;
/** From the start to the last byte: a device that drips gains nothing. */
const ANSWER_MS_MAX = 3_000;

export interface BoundedAnswer {
  readonly status: number;
  readonly text: string;
}

export interface BoundedQuestion {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Our address to speak from. */
  readonly localAddress: string;
  readonly signal: AbortSignal;
}

/** Rejects with a GatewayRefusal. A redirect is an answer like any other. */
export function boundedRequest(
  url: URL,
  { method, headers = {}, body = '', localAddress, signal }: BoundedQuestion,
): Promise<BoundedAnswer> {
  return new Promise((resolve, reject) => {
    const timeLimit = AbortSignal.timeout(ANSWER_MS_MAX);
    const refuse = (why: string): void => {
      asked.destroy();
      reject(new GatewayRefusal(why));
    };
    const asked = request(
      url,
      {
        method,
        // No connection of ours is left open at it, and none is shared.
        agent: false,
        localAddress,
        headers: { ...headers, connection: 'close', ...(method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }) },
        signal: AbortSignal.any([signal, timeLimit]),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) return refuse(`it answers with more than ${ANSWER_BYTES_MAX} bytes`);
          chunks.push(chunk);
        });
        response.on('error', (error) => refuse(whyOf(error, timeLimit)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      },
    );
    asked.on('error', (error) => refuse(whyOf(error, timeLimit)));
    asked.end(body);
  });
}

function whyOf(error: Error & { readonly code?: string }, timeLimit: AbortSignal): string {
  return timeLimit.aborted ? `it has not answered within ${ANSWER_MS_MAX / 1000} s` : (error.code ?? error.message);
}
