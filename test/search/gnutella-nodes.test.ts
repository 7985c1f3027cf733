/** Gnutella and Gnutella2 as a person has them: processes of kith on this machine that find files in each other and fetch them, also from who cannot be dialled. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { base32Of } from '../../src/core/base32.ts';
import { Random } from '../../src/core/random.ts';
import { type KithProcess, Room } from '../cli/kith-process.ts';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';
import { until } from '../interop/peers/process-group.ts';

const MAX_MS = 150_000;
const WAIT_MS_MAX = 60_000;
const SONG = Buffer.from(new Random(17).fill(new Uint8Array(700_000)));
const WALTZ = Buffer.from(new Random(18).fill(new Uint8Array(400_000)));
const QUIET = { KITH_PORT_MAPPING: 'off', KITH_API_USE: 'off', KITH_LISTEN_PORT: '0', KITH_TRACKER_PORT: '0' };
const PORTS = { KITH_GNUTELLA_PORT: '0', KITH_GNUTELLA2_PORT: '0' };

interface NetworkLine {
  readonly address: string | null;
  readonly role: string;
  readonly neighbours: number;
}

class Member {
  readonly room = new Room();
  readonly process: KithProcess;

  /** Shares that file; none: nothing. */
  constructor(t: TestContext, network: string, file: readonly [name: string, content: Buffer] | null, more: Record<string, string>) {
    t.after(() => this.room.close());
    const folder = join(this.room.folder, 'music');
    mkdirSync(folder);
    if (file !== null) writeFileSync(join(folder, file[0]), file[1]);
    const settings = { KITH_NETWORKS_USE: network, KITH_LIBRARY_FOLDERS: folder };
    this.process = this.room.start(['up', '--json'], { ...QUIET, ...PORTS, ...settings, ...more });
  }

  until(what: string, is: (line: NetworkLine) => boolean): Promise<NetworkLine> {
    return until(what, WAIT_MS_MAX, async () => {
      const { stdout } = await this.room.run(['status', '--json']);
      const [line] = (JSON.parse(stdout) as { networks?: NetworkLine[] }).networks ?? [];
      return line !== undefined && is(line) && line;
    });
  }

  /** One that has told its neighbour what it shares. */
  async joined(): Promise<void> {
    await this.process.saying(/"event":"library".*\n/);
    await this.until('a neighbour', ({ neighbours }) => neighbours > 0);
  }
}

/** The first of its network, which serves the others, one who shares a song, and one behind a proxy who shares a waltz. */
async function threeMembers(t: TestContext, network: string, hosts: string): Promise<Record<string, string>> {
  const first = new Member(t, network, null, {});
  await first.process.saying(/"event":"ready".*\n/);
  const { address } = await first.until('its role', ({ role }) => role === 'ultrapeer' || role === 'hub');
  const way = { [hosts]: address ?? '' };
  const proxy = await RecordingProxy.open(t, 'socks5');
  const open = new Member(t, network, ['walrus polka.mp3', SONG], way);
  const hidden = new Member(t, network, ['walrus waltz.mp3', WALTZ], { ...way, KITH_PROXY: proxy.url });
  await Promise.all([open.joined(), hidden.joined()]);
  return way;
}

function linkOf(content: Buffer, name: string): string {
  const sha1 = new Uint8Array(createHash('sha1').update(content).digest());
  return `magnet:?xt=urn:sha1:${base32Of(sha1)}&xl=${content.length}&dn=${encodeURIComponent(name)}`;
}

/** What the holder of the row shares besides; null: nobody can look, since nobody can dial him. It is the last search then, and the one before comes again. */
async function browses(room: Room, row: string, name: string | null): Promise<void> {
  const kept = join(room.folder, 'state/kith/last-search.json');
  const before = readFileSync(kept);
  const { code, stdout, stderr } = await room.run(['search', '--browse', row, '--in', 'gnutella', '--wait', '20s']);
  if (name === null) assert.deepEqual([code, /None of those who have walrus waltz\.mp3 can be looked at/.test(stderr)], [5, true], stderr);
  else assert.match(stdout, new RegExp(`^ +1 .* ${name} {2}\\(1 holder, gnutella\\)\n$`), stderr);
  writeFileSync(kept, before);
}

async function findsAndFetches(t: TestContext, network: string, hosts: string): Promise<void> {
  const way = await threeMembers(t, network, hosts);
  const room = new Room();
  t.after(() => room.close());
  const found = await room.run(['search', 'walrus', '--in', network, '--enough', '2', '--wait', '1m'], way);
  assert.equal(found.code, 0, found.stderr);
  for (const [name, content] of [
    ['walrus polka.mp3', SONG],
    ['walrus waltz.mp3', WALTZ],
  ] as const) {
    const [, row] = new RegExp(`^ *(\\d+) .* ${name} {2}\\(1 holder, ${network}\\)$`, 'm').exec(found.stdout) ?? [];
    assert.ok(row !== undefined, found.stdout);
    if (network === 'gnutella') await browses(room, row, content === SONG ? name : null);
    // By the hash alone, whoever has it; and from whom the row tells of, of whose network members are remembered.
    const got = content === SONG ? await room.run(['get', linkOf(SONG, name)], way) : await room.run(['get', row]);
    assert.deepEqual([got.code, got.stdout], [0, `${join(room.here, name)}\n`], got.stderr);
    assert.match(got.stderr, content === SONG ? /it is right, by its hash/ : /every part is right/);
    assert.equal(Buffer.compare(readFileSync(join(room.here, name)), content), 0);
  }
}

test('over Gnutella a song is found and fetched from who can be dialled, and a waltz from who has to be pushed', { timeout: MAX_MS }, (t) =>
  findsAndFetches(t, 'gnutella', 'KITH_GNUTELLA_HOSTS'),
);

test(
  'over Gnutella2 a song is found and fetched from who can be dialled, and a waltz from who has to be pushed',
  { timeout: MAX_MS },
  (t) => findsAndFetches(t, 'gnutella2', 'KITH_GNUTELLA2_HOSTS'),
);
