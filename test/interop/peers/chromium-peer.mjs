/**
 * webtorrent in a page of Chromium, driven by lines with the events of webtorrent-peer.mjs: options as JSON on the first line. A server
 * on loopback gives the page its script and the content to seed, and takes what it has downloaded.
 */

import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const options = JSON.parse((await lines.next()).value);
const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const BUNDLE = fileURLToPath(new URL('node_modules/webtorrent/dist/webtorrent.min.js', import.meta.url));
const PAGE = '<!doctype html><title>peer</title><script type="module">import W from "/webtorrent.min.js"; window.WebTorrent = W;</script>';

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    say('error', { message: String(error) });
    response.writeHead(500).end();
  });
});
await new Promise((resolve) => server.listen(options.port, '127.0.0.1', resolve));
say('started');

const browser = await chromium.launch({
  executablePath: options.executable,
  args: ['--no-sandbox', '--disable-dev-shm-usage', ...(options.showAddresses ? ['--disable-features=WebRtcHideLocalIpsWithMdns'] : [])],
});
const page = await browser.newPage();
page.on('pageerror', (error) => say('error', { message: String(error) }));
page.on('console', (message) => process.stderr.write(`${message.text()}\n`));
await page.exposeFunction('say', say);
await page.goto(`http://127.0.0.1:${options.port}/`);
await page.waitForFunction('window.WebTorrent !== undefined');

const started = performance.now();
const names = options.seed ? await filesBelow(options.folder) : [];
// Runs in the page.
await page.evaluate(
  async ({ seed, magnet, names, name, trackers }) => {
    const client = new window.WebTorrent({ dht: false, lsd: false, tracker: { rtcConfig: { iceServers: [] } } });
    const { say } = window;
    client.on('error', (error) => say('error', { message: error.message }));
    window.client = client;
    if (seed) {
      const files = await Promise.all(
        names.map(async (path) => new File([await (await fetch(`/content/${encodeURIComponent(path)}`)).blob()], path)),
      );
      client.seed(files, { name, announceList: trackers.map((url) => [url]) }, (torrent) => say('ready', { magnet: torrent.magnetURI }));
      return;
    }
    const torrent = client.add(magnet);
    torrent.on('infoHash', () => say('ready'));
    torrent.on('warning', (warning) => console.log(String(warning)));
    torrent.on('done', async () => {
      const saved = torrent.files.map(async (file) => {
        await fetch(`/content/${encodeURIComponent(file.path)}`, { method: 'PUT', body: await file.blob() });
      });
      await Promise.all(saved);
      say('done');
    });
  },
  { seed: options.seed, magnet: options.magnet ?? null, names, name: options.name ?? null, trackers: options.trackers ?? [] },
);

for await (const line of lines) {
  if (line === 'progress') {
    const progress = await page.evaluate('window.client.progress');
    say('progress', { progress, complete: progress === 1 });
  } else if (line === 'quit') break;
}
await browser.close();
server.close();
say('ended', { ms: performance.now() - started });
process.exit(0);

async function answer(request, response) {
  const url = new URL(request.url, 'http://127.0.0.1');
  if (url.pathname === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  if (url.pathname === '/webtorrent.min.js')
    return response.writeHead(200, { 'content-type': 'text/javascript' }).end(await readFile(BUNDLE));
  const match = /^\/content\/(.+)$/.exec(url.pathname);
  if (match === null) return response.writeHead(404).end();
  const path = join(options.folder, decodeURIComponent(match[1]));
  if (request.method === 'PUT') {
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(request, createWriteStream(path));
    return response.writeHead(204).end();
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  return pipeline(createReadStream(path), response);
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
