import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiToken } from './api-token.ts';
import { PageSessions } from './page-sessions.ts';

const HOST = '127.0.0.1:8640';
const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'kith-sessions-'));
after(() => rmSync(folder, { recursive: true }));
const token = ApiToken.in(join(folder, 'token'));

function opened(sessions: PageSessions, host = HOST): { cookie: string; key: string } {
  const session = sessions.open(sessions.newCode(), host, false);
  assert.ok(session !== null);
  return { cookie: session.cookie.split(';', 1)[0] as string, key: session.key };
}

test('a link opens once, and not a day later; of nine that nobody opened the first is forgotten', () => {
  let nowMs = 0;
  const sessions = new PageSessions(token, () => nowMs);
  const code = sessions.newCode();
  assert.notEqual(sessions.open(code, HOST, false), null);
  assert.equal(sessions.open(code, HOST, false), null);
  const late = sessions.newCode();
  nowMs = DAY_MS;
  assert.equal(sessions.open(late, HOST, false), null);
  const codes = Array.from({ length: 9 }, () => sessions.newCode());
  assert.equal(sessions.open(codes[0] as string, HOST, false), null);
  assert.notEqual(sessions.open(codes[1] as string, HOST, false), null);
});

test('the cookie is for no script, no other site and, behind TLS, for no plain connection', () => {
  const sessions = new PageSessions(token);
  const { cookie } = sessions.open(token.text, HOST, true) ?? { cookie: '' };
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Secure']) assert.ok(cookie.includes(`; ${attribute}`), cookie);
  assert.match(cookie, /^kith-8640=/);
});

test('a session holds for its host alone, with its own key, through a new start of the node, for a month', () => {
  let nowMs = 0;
  const sessions = new PageSessions(token, () => nowMs);
  const [{ cookie, key }, other] = [opened(sessions), opened(sessions)];
  const after = new PageSessions(token, () => nowMs);
  assert.deepEqual([after.allows(cookie, HOST, null), after.allows(`a=b; ${cookie}; c=d`, HOST, key)], [true, true]);
  assert.deepEqual([after.allows(cookie, HOST, other.key), after.allows(cookie, HOST, '')], [false, false]);
  const elsewhere = cookie.replace('kith-8640', 'kith-8641');
  for (const host of ['localhost:8640', '127.0.0.1:8641']) assert.equal(after.allows(`${cookie}; ${elsewhere}`, host, null), false, host);
  nowMs = 31 * DAY_MS;
  assert.equal(after.allows(cookie, HOST, null), false);
});

test('a cookie of which anything was changed, or that another token has signed, opens nothing', () => {
  const { cookie } = opened(new PageSessions(token));
  const sessions = new PageSessions(token);
  for (let at = 'kith-8640='.length; at < cookie.length; at++) {
    const changed = `${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`;
    assert.equal(sessions.allows(changed, HOST, null), false, changed);
  }
  assert.equal(new PageSessions(ApiToken.in(join(folder, 'other'))).allows(cookie, HOST, null), false);
});
