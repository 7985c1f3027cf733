/** webtorrent as a peer that is driven by lines, with the events of libtorrent-peer.py: options as JSON on the first line. */

import net from 'node:net';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const options = JSON.parse((await lines.next()).value);

// webtorrent listens on every address and has no option for it; these runs stay on loopback.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  return typeof args[0] === 'number' ? listen.call(this, args[0], '127.0.0.1', ...args.slice(1)) : listen.apply(this, args);
};

const { default: WebTorrent } = await import('webtorrent');

const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const client = new WebTorrent({
  torrentPort: options.port,
  dht: false,
  lsd: options.finds?.includes('lsd') === true,
  utp: false,
  utPex: options.finds?.includes('pex') === true,
  natUpnp: false,
  natPmp: false,
  // Its own choice of STUN servers is elsewhere.
  tracker: options.webRtc ? { rtcConfig: { iceServers: [] } } : { wrtc: false },
  secure: { off: 0, allowed: 1, handshake: 1, rc4: 2 }[options.encryption],
  ...(options.upload_bytes_per_s ? { uploadLimit: options.upload_bytes_per_s } : {}),
});
client.on('error', (error) => say('error', { message: error.message }));

const started = performance.now();
say('started');
const since = () => performance.now() - started;
let ready = 0;
let done = 0;
let first = false;
const torrents = options.items.map((item) => {
  const torrent = client.add(item.torrent ?? item.magnet, { path: item.folder, skipVerify: item.skipVerify === true });
  torrent.on('error', (error) => say('error', { message: error.message }));
  torrent.on('infoHash', () => {
    for (const endpoint of options.peers ?? []) torrent.addPeer(endpoint);
  });
  torrent.on('download', () => {
    if (first) return;
    first = true;
    say('first', { ms: since() });
  });
  torrent.on('done', () => {
    done += 1;
    if (done === torrents.length) say('done', { ms: since() });
    if (options.seed) isReady();
  });
  if (!options.seed) torrent.on('infoHash', isReady);
  return torrent;
});

function isReady() {
  ready += 1;
  if (ready === options.items.length) say('ready', { ms: since() });
}

for await (const line of lines) {
  const [command, ip, port] = line.split(' ');
  if (command === 'dial') for (const torrent of torrents) torrent.addPeer(`${ip}:${port}`);
  else if (command === 'progress') say('progress', { progress: client.progress, complete: torrents.every((torrent) => torrent.done) });
  else if (command === 'counters') say('counters', { sent: total('uploaded'), received: total('downloaded') });
  else if (command === 'quit') break;
}
client.destroy(() => process.exit(0));

function total(field) {
  return torrents.reduce((sum, torrent) => sum + torrent[field], 0);
}
