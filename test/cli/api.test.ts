/** The web interface of `kith up`, as a person meets it: where it is, where its token is, and the examples of its page. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { events, Room, SCRIPT } from './kith-process.ts';

const EXAMPLES_MS_MAX = 60_000;
const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

async function withRoom(use: (room: Room) => Promise<void>): Promise<void> {
  const room = new Room();
  try {
    await use(room);
  } finally {
    await room.run(['down']);
    await room.close();
  }
}

async function up(room: Room, ...args: string[]): Promise<string | null> {
  mkdirSync(join(room.folder, 'none'), { recursive: true });
  const node = room.start(['up', '--json', '--folder', join(room.folder, 'none'), '--port', '0', '--tracker-port', '0', ...args]);
  await node.saying(/"event":"ready"/);
  const ready = events(node.stdout).find(({ event }) => event === 'ready');
  return (ready?.api ?? null) as string | null;
}

test('up says where it can be asked, status and paths say so, too, and the token opens it', async () => {
  await withRoom(async (room) => {
    const url = await up(room, '--api-port', '0');
    const tokenFile = (await room.run(['paths', 'api-token'])).stdout.trim();
    assert.match((await room.run(['status'])).stdout, new RegExp(`^API +${url}, token in ${tokenFile}$`, 'm'));
    const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
    const answer = await fetch(`${url}/api/v1/node`, { headers: { authorization } });
    assert.equal(((await answer.json()) as { api: { url: string } }).api.url, url);
    assert.equal((await fetch(`${url}/api/v1/node`)).status, 401);
  });
});

test('up prints a link to its pages, kith pages another; each lets one browser in; without a node, or its web interface, it says why not', async () => {
  await withRoom(async (room) => {
    assert.equal((await room.run(['pages'])).code, 3);
    const url = await up(room, '--api-port', '0');
    const ready = await room.run(['pages', '--json']);
    const links = [(await room.run(['pages'])).stdout.trim(), (JSON.parse(ready.stdout) as { link: string }).link];
    for (const link of links) {
      const { origin, pathname, hash } = new URL(link);
      assert.deepEqual([origin, pathname], [url, '/log-in']);
      const open = () =>
        fetch(`${url}/api/v1/session`, { method: 'POST', headers: { origin }, body: JSON.stringify({ secret: hash.slice(1) }) });
      assert.deepEqual([(await open()).status, (await open()).status], [201, 401]);
    }
  });
  await withRoom(async (room) => {
    await up(room, '--no-api');
    assert.equal((await room.run(['pages'])).code, 4);
  });
});

test('a taken port becomes the next free one, which is said, and --no-api opens none and makes no token', async () => {
  await withRoom(async (room) => {
    const url = await up(room, '--api-port', '0');
    const port = Number(new URL(url as string).port);
    const other = new Room();
    try {
      const second = other.start(['up', '--port', '0', '--tracker-port', '0', '--api-port', String(port)]);
      const [, next] = await second.saying(new RegExp(`Port ${port} is taken; the API has port (\\d+)`), 'stderr');
      assert.ok(Number(next) > port);
      await second.link();
    } finally {
      await other.run(['down']);
      await other.close();
    }
  });
  await withRoom(async (room) => {
    assert.equal(await up(room, '--no-api'), null);
    assert.ok(!existsSync((await room.run(['paths', 'api-token'])).stdout.trim()));
  });
});

test('the examples of docs/api.md work as they are printed', { timeout: EXAMPLES_MS_MAX }, async (t) => {
  if (!['/usr/bin/curl', '/bin/curl', '/usr/local/bin/curl'].some((path) => existsSync(path))) return t.skip('curl is not installed');
  await withRoom(async (room) => {
    const url = await up(room, '--api-port', '0');
    const programs = join(room.folder, 'programs');
    mkdirSync(programs);
    writeFileSync(join(programs, 'kith'), `#!/bin/sh\nexec '${SCRIPT}' "$@"\n`);
    chmodSync(join(programs, 'kith'), 0o755);
    writeFileSync(join(room.here, 'holiday.mp4'), 'a holiday');
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] as string);
    assert.ok(blocks.length >= 4, `${blocks.length} examples`);
    // The node is up already, at a port that nobody else has.
    const script = blocks
      .join('\n')
      .replaceAll(':8640', `:${new URL(url as string).port}`)
      .replaceAll(/^kith up.*$/gm, '');
    const { PATH = '', ...environment } = room.environment();
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: room.here,
      env: { ...environment, PATH: `${programs}:${PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await new Promise((ended) => shell.on('close', ended));
    assert.equal(code, 0, said.slice(-2_000));
    assert.match(said, /event: snapshot/);
    assert.match(said, /"openapi":"3\.1\.\d"/);
    assert.match(said, /kith_peers \d/);
  });
});
