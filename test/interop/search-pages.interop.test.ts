/** Search and Networks in Chromium: a file of another node is found over Napster and got, by keys; the DHT and a small Chord ring are looked at, a lookup is stepped. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Room } from '../cli/kith-process.ts';
import { TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { type BrowserPage, browserMissing } from './peers/browser.ts';
import { openPages, type PagedNode, startPagedNode } from './peers/node-pages.ts';
import { until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const options = { skip: browserMissing() ?? false, timeout: TEST_MS_MAX };
/** To be looked at. */
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-search-pages-'));
const WIDTHS = [360, 768, 1280];
const SONG = 'Blue Walrus - Polka.mp3';

function assertQuiet({ strangers, complaints }: BrowserPage): void {
  assert.deepEqual({ strangers, complaints }, { strangers: [], complaints: [] });
}

async function fits(page: BrowserPage, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.driver.setViewportSize({ width, height: 900 });
    await page.driver.screenshot({ path: join(SCREENS, `${name}-${width}.png`) });
    const isIn = await page.driver.evaluate('document.documentElement.scrollWidth <= innerWidth');
    assert.ok(isIn === true, `${name} is wider than ${width}`);
  }
  await page.driver.setViewportSize({ width: 1280, height: 800 });
}

/** An index server, and the address that it prints. */
async function openIndex(t: TestContext): Promise<string> {
  const room = new Room();
  t.after(() => room.close());
  const [, port = ''] = await room.start(['index', '--open', '--port', '0']).saying(/:(\d+)\n/);
  return `127.0.0.1:${port}`;
}

/** The user's own settings, below that home. */
function settle(home: string, settings: Readonly<Record<string, string | number>>): void {
  const config = join(home, 'config', 'kith');
  mkdirSync(config, { recursive: true });
  const lines = Object.entries(settings).map(([key, value]) => `"${key}" = ${JSON.stringify(value)}`);
  writeFileSync(join(config, 'kith.toml'), `${lines.join('\n')}\n`);
}

/** A node in the network of that server. `shared`: what lies in its library, by name. */
async function startInNapster(bench: Workbench, name: string, server: string, shared: Record<string, Uint8Array> = {}): Promise<PagedNode> {
  const home = join(bench.folder, name);
  const library = join(home, 'music');
  mkdirSync(library, { recursive: true });
  for (const [file, bytes] of Object.entries(shared)) writeFileSync(join(library, file), bytes);
  settle(home, { 'networks.use': 'napster', 'napster.hosts': server, 'napster.port': 0, 'library.folders': library });
  return startPagedNode(bench, name);
}

/** Two nodes at one index server; the page is of the one that shares nothing. */
async function openSearch(t: TestContext, bytes: Uint8Array): Promise<{ readonly page: BrowserPage; readonly node: PagedNode }> {
  const bench = await Workbench.for(t);
  const server = await openIndex(t);
  await startInNapster(bench, 'sharing', server, { [SONG]: bytes, 'Walrus two.mp3': new Uint8Array(randomBytes(9_000)) });
  const node = await startInNapster(bench, 'getting', server);
  const page = await openPages(bench, node);
  await page.driver.getByRole('link', { name: 'Search' }).click();
  await page.driver.getByText('1 neighbour').waitFor();
  return { page, node };
}

/** Once it is in the index: a page that is searched too early finds nothing, and is told so. */
async function find(page: BrowserPage, words: string): Promise<void> {
  await until(`${words} in the index`, TRANSFER_MS_MAX, async () => {
    await page.driver.keyboard.press('/');
    await page.driver.getByRole('searchbox').fill(words);
    await page.driver.keyboard.press('Enter');
    await page.driver.getByText(/found in (\d|less)/).waitFor();
    return (await page.driver.getByRole('button', { name: `Get ${SONG}` }).count()) === 1;
  });
}

test('a file that another node shares is found over Napster, by keys, and got whole', options, async (t) => {
  const bytes = new Uint8Array(randomBytes(400_000));
  const { page, node } = await openSearch(t, bytes);
  await find(page, 'walrus polka');
  await page.driver.getByText(/1 found, done/).waitFor();
  await page.driver.keyboard.press('j');
  await page.driver.keyboard.press('i');
  await page.driver
    .getByText(/can be dialled|has to be called/)
    .first()
    .waitFor();
  await page.driver.keyboard.press('Control+k');
  await page.driver.keyboard.type('kith get 1');
  await page.driver.getByText('kith get 1').first().waitFor();
  await page.driver.keyboard.press('Escape');
  await page.driver.keyboard.press('Enter');
  await page.driver.getByText(/100% of/).waitFor();
  await page.driver.screenshot({ path: join(SCREENS, 'got.png') });
  assert.deepEqual(new Uint8Array(readFileSync(join(node.home, 'data', 'kith', 'downloads', SONG))), bytes);
  await page.driver.getByRole('button', { name: `Remove ${SONG}` }).click();
  await page.driver.getByRole('heading', { name: 'Fetched by hash' }).waitFor({ state: 'hidden' });
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('axe finds nothing in a search, light and dark, and it fits into a phone', options, async (t) => {
  const { page } = await openSearch(t, new Uint8Array(randomBytes(40_000)));
  await find(page, 'walrus');
  await page.driver.getByRole('button', { name: '1 holder' }).first().click();
  await page.driver.getByRole('button', { name: `Get ${SONG}` }).click();
  await page.driver.getByText(/100% of/).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.driver.emulateMedia({ colorScheme });
    assert.deepEqual(await page.violations(), [], colorScheme);
    await fits(page, `search-${colorScheme}`);
  }
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

/** As many as a search keeps, with longer and shorter names; those of greater numbers have fewer holders. */
const KEPT_ROWS = 2_000;

/** Answers for the node: it has one search, which has ended, with all the rows that a search keeps. */
async function pretendFound(page: BrowserPage): Promise<void> {
  const search = {
    id: 1,
    text: 'walrus',
    state: 'ended',
    why: 'It has found enough.',
    startedAtMs: Date.now(),
    tookMs: 20_000,
    rows: KEPT_ROWS,
    networks: [],
    sequence: KEPT_ROWS,
  };
  const rows = Array.from({ length: KEPT_ROWS }, (_, index) => ({
    number: index + 1,
    name: `Blue Walrus - Polka ${index + 1}${' with everybody'.repeat(index % 9)}.mp3`,
    bytes: 4_000_000 + index,
    kind: 'audio',
    tags: { title: `Polka ${index + 1}`, artist: 'Blue Walrus', album: '', genre: '', year: 0, bitRate: 192, seconds: 180 },
    hashes: { sha1: index.toString(16).padStart(40, '0'), tiger: null, ed2k: null, uu: null, head: null, merkle: null },
    holders: KEPT_ROWS - index,
    free: 1,
    networks: [{ network: 'gnutella', holders: KEPT_ROWS - index }],
    link: '',
  }));
  const holder = {
    network: 'gnutella',
    name: 'x.mp3',
    endpoint: '192.0.2.1:6346',
    proxies: [],
    locator: '/get/1',
    id: '',
    firewalled: false,
    busy: false,
    speed: 0,
  };
  const json = (body: object) => ({ contentType: 'application/json', body: JSON.stringify(body) });
  const change = JSON.stringify({ search, rows, joined: [] });
  await page.driver.route('**/api/v1/searches', (route) => route.fulfill(json({ searches: [search] })));
  await page.driver.route('**/api/v1/searches/1/events', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: `id: 1\nevent: end\ndata: ${change}\n\n` }),
  );
  await page.driver.route('**/api/v1/searches/1/rows/*', (route) =>
    route.fulfill(json({ ...rows[0], holderList: Array.from({ length: 30 }, () => holder) })),
  );
}

test(`all ${KEPT_ROWS} rows that a search keeps are shown, by mouse and by keys, and few of them are drawn`, options, async (t) => {
  const bench = await Workbench.for(t);
  const page = await openPages(bench, await startPagedNode(bench, 'node'));
  await pretendFound(page);
  await page.goTo('/search');
  const grid = page.driver.getByRole('grid', { name: 'Files that were found' });
  await grid.waitFor();
  const rowOfNumber = (number: number) => page.driver.getByRole('row', { name: new RegExp(`^${number} Blue Walrus`) });
  const isSeen = async (number: number): Promise<boolean> => {
    if ((await rowOfNumber(number).count()) === 0) return false;
    const [row, box] = [await rowOfNumber(number).boundingBox(), await grid.boundingBox()];
    return row !== null && box !== null && row.y >= box.y && row.y + row.height <= box.y + box.height;
  };
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.driver.keyboard.press(key);
  };
  await press('j');
  await until('the first row', TRANSFER_MS_MAX, () => isSeen(1));
  assert.equal(await grid.getAttribute('aria-rowcount'), String(KEPT_ROWS + 1));
  // Its holders stand between it and the next.
  await press('i');
  await page.driver.getByText('192.0.2.1:6346').first().waitFor();
  for (let row = 2; row <= 25; row++) await press('j');
  await until('row 25', TRANSFER_MS_MAX, () => isSeen(25));
  await press('End');
  await until('the last row', TRANSFER_MS_MAX, () => isSeen(KEPT_ROWS));
  assert.ok((await page.driver.getByRole('row').count()) < 80, 'few are drawn');
  await page.driver.screenshot({ path: join(SCREENS, 'search-2000.png') });
  await page.driver.getByRole('button', { name: 'As they came' }).click();
  await press('k', 'Home', 'PageDown', 'PageUp', 'i');
  await until('the first row again', TRANSFER_MS_MAX, () => isSeen(1));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.driver.emulateMedia({ colorScheme });
    assert.deepEqual(await page.violations(), [], colorScheme);
    await fits(page, `search-2000-${colorScheme}`);
  }
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('a node that takes part in no network says how it is made to', options, async (t) => {
  const bench = await Workbench.for(t);
  const page = await openPages(bench, await startPagedNode(bench, 'node'));
  await page.goTo('/search');
  await page.driver.getByText('kith config set networks.use all').waitFor();
  assert.deepEqual(await page.violations(), []);
  await fits(page, 'search-none');
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

/** A node that knows another one in the DHT, and whose user also has members of a Chord ring. */
async function openNetworks(t: TestContext, members: number): Promise<BrowserPage> {
  const bench = await Workbench.for(t);
  settle(join(bench.folder, 'other'), { 'dht.use': 'on' });
  const other = await startPagedNode(bench, 'other');
  const home = join(bench.folder, 'node');
  settle(home, { 'dht.use': 'on', 'dht.nodes': `127.0.0.1:${other.ports.peers}` });
  const page = await openPages(bench, await startPagedNode(bench, 'node'));
  const room = new Room();
  t.after(() => room.close());
  // The rooms of the user whose node it is.
  const rooms = { XDG_STATE_HOME: join(home, 'state'), XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '' };
  let first = '';
  for (let number = 0; number < members; number++) {
    const through = first === '' ? [] : [first];
    const words = [
      'dht',
      'join',
      ...through,
      '--overlay',
      'chord',
      '--port',
      '0',
      '--round',
      '0.2',
      '--successors',
      '2',
      '--replicas',
      '1',
      '--name',
      `member${number}`,
    ];
    const [address] = await room.start(words, rooms).saying(/^127\.0\.0\.1:\d+$/m);
    first ||= address;
  }
  await page.driver.getByRole('link', { name: 'Networks' }).click();
  await page.driver
    .getByText(/member, knows 1, /)
    .first()
    .waitFor();
  return page;
}

test('a lookup through a member of a Chord ring is stepped, hop by hop, in the picture and in words', options, async (t) => {
  const page = await openNetworks(t, 8);
  await page.driver.getByRole('link', { name: 'member3' }).click();
  await page.driver.getByRole('heading', { name: 'Chord, member3' }).waitFor();
  await page.driver.getByText('predecessor').first().waitFor();
  // Of some keys a node knows by itself whose they are: then nobody is asked.
  await until('a lookup of several steps', TRANSFER_MS_MAX, async () => {
    const key = randomBytes(20).toString('hex');
    await page.driver.keyboard.press('/');
    await page.driver.getByRole('textbox', { name: 'Key' }).fill(key);
    await page.driver.keyboard.press('Enter');
    await page.driver.getByText(key).first().waitFor();
    return (await page.driver.getByText(/Step 0 of [2-9]/).count()) === 1;
  });
  const way = page.driver.locator('.way');
  const steps = Number(/Step 0 of (\d)/.exec(await way.innerText())?.[1]);
  for (let step = 1; step <= steps; step++) {
    if (step === 1) await page.driver.keyboard.press('.');
    else await page.driver.getByRole('button', { name: 'Next hop' }).click();
    await until(`step ${step}`, TRANSFER_MS_MAX, async () => (await way.innerText()).includes(`Step ${step} of ${steps}`));
    assert.match(await way.innerText(), /(answered|owner), after \d+\.\d ms; [\d.]+% of the ring (before|behind) the key/);
  }
  await page.driver.getByText(`up to its step ${steps}.`).first().waitFor();
  await page.driver.screenshot({ path: join(SCREENS, 'chord-lookup.png') });
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('the DHT of the node shows whom it knows, a lookup through it asks him, and of every system there is a world', options, async (t) => {
  const page = await openNetworks(t, 0);
  await page.driver.getByRole('link', { name: 'The DHT of the node' }).click();
  await page.driver.getByRole('button', { name: 'Look up' }).click();
  await page.driver.getByText('is responsible for').waitFor();
  await page.driver.getByRole('button', { name: 'Next hop' }).click();
  await page.driver.getByText(/answered, after .* (bit is|bits are) the key/).waitFor();
  await page.driver.keyboard.press('Escape');
  await page.driver.getByRole('button', { name: 'Make a world of Chord' }).click();
  await page.driver
    .getByText(/100 nodes/)
    .first()
    .waitFor();
  assertQuiet(page);
});

test('axe finds nothing in networks, light and dark, and they fit into a phone', options, async (t) => {
  const page = await openNetworks(t, 3);
  for (const [name, link] of [
    ['networks', ''],
    ['chord', 'member1'],
    ['dht', 'The DHT of the node'],
  ] as const) {
    await page.goTo('/networks');
    if (link !== '') {
      await page.driver.getByRole('link', { name: link }).click();
      await page.driver.getByRole('button', { name: 'Look up' }).click();
      await page.driver.getByText('is responsible for').waitFor();
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.driver.emulateMedia({ colorScheme });
      await page.driver
        .getByRole('link', { name: link === '' ? 'member1' : 'Networks' })
        .first()
        .waitFor();
      assert.deepEqual(await page.violations(), [], `${name}, ${colorScheme}`);
      await fits(page, `${name}-${colorScheme}`);
    }
  }
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});
