import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiToken } from './api-token.ts';
import { FrontDoor } from './front-door.ts';
import { PageSessions } from './page-sessions.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-door-'));
after(() => rmSync(folder, { recursive: true }));
const token = ApiToken.in(join(folder, 'token'));
const sessions = new PageSessions(token);

function status(door: FrontDoor, headers: Record<string, string>, url = '/api/v1/node', address = '127.0.0.1'): number {
  return door.judge({ headers: { host: 'localhost:8640', ...headers }, url }, address)?.status ?? 200;
}

test('a minute after the first wrong token an address may guess again, and others were never held up', () => {
  let nowMs = 0;
  const door = new FrontDoor(token, sessions, [], () => nowMs);
  const guess = (address: string): number => status(door, { authorization: 'Bearer wrong' }, '/metrics', address);
  for (let count = 0; count < 10; count++) assert.equal(guess('10.0.0.1'), 401);
  nowMs = 59_999;
  assert.deepEqual([guess('10.0.0.1'), guess('10.0.0.2')], [429, 401]);
  nowMs = 60_000;
  assert.equal(guess('10.0.0.1'), 401);
});

test('an empty list of names, as settings have it, lets no nameless request in', () => {
  const door = new FrontDoor(token, sessions, ['']);
  const authorization = `Bearer ${token.text}`;
  for (const host of ['', ' ', 'a:b:c', '[]', '[::1']) assert.equal(status(door, { authorization, host }), 421, host);
  assert.equal(status(door, { authorization }), 200);
});

test('a token is taken as a bearer everywhere, as a password at the RPC alone, whatever slashes are doubled', () => {
  const door = new FrontDoor(token, sessions, []);
  const basic = (text: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  assert.equal(status(door, { authorization: `bearer ${token.text}` }), 200);
  assert.equal(status(door, basic(`me:${token.text}`)), 401);
  for (const path of ['/transmission/rpc', '/transmission//rpc/']) assert.equal(status(door, basic(`:${token.text}`), path), 200);
  for (const text of [token.text, `${token.text}:`, `me:${token.text} `, 'me:']) {
    assert.equal(status(door, basic(text), '/transmission/rpc'), 401, text);
  }
  for (const authorization of ['', 'Bearer', `Digest ${token.text}`, `Bearer ${token.text}x`, `Bearer ${token.text.slice(1)}`]) {
    assert.equal(status(door, { authorization }), 401, authorization);
  }
});
