/** Opens and ends the session of a browser, before anything else of the API is loaded: strangers come here. Owns no state. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { endedCookie, type PageSessions } from './page-sessions.ts';
import { type FrontDoor, type Refusal, refusal } from './front-door.ts';

export const SESSION_PATH = '/api/v1/session';
/** A code or a token, as JSON. */
const BODY_BYTES_MAX = 1_024;

/** Answers the request, or says why not. */
export async function logIn(
  sessions: PageSessions,
  door: FrontDoor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Refusal | null> {
  const { host = '', origin } = request.headers;
  // The front door has seen that it is ours, where there is one. Only a page has a use for a cookie.
  if (origin === undefined) return refusal(403, 'Sessions are for pages.', 'The request has no Origin.', 'Send the token: docs/api.md');
  if (request.method === 'DELETE') {
    response.writeHead(204, { 'set-cookie': endedCookie(host) }).end();
    return null;
  }
  const secret = request.method === 'POST' ? secretOf(await bodyOf(request)) : null;
  if (secret === null) return refusal(400, 'That opens no session.', 'Expected POST of {"secret": "…"}, or DELETE.', '');
  const session = sessions.open(secret, host, origin.startsWith('https:'));
  if (session === null) return door.wrong(request.socket.remoteAddress ?? '');
  response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', 'set-cookie': session.cookie });
  response.end(JSON.stringify({ key: session.key }));
  return null;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer; // No encoding was set.
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return '';
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function secretOf(body: string): string | null {
  try {
    const { secret } = JSON.parse(body) as { readonly secret?: unknown };
    return typeof secret === 'string' ? secret.trim() : null;
  } catch {
    return null;
  }
}
