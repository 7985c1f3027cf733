/** One load of `bench/stream.ts` by webtorrent and its own server; the same line of JSON as `bench/stream-load.ts`. */

import net from 'node:net';
import { play } from '../../../bench/stream-player.ts';

const options = JSON.parse(process.argv[2]);
// webtorrent listens on every address and has no option for it; these runs stay on loopback.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  return typeof args[0] === 'number' ? listen.call(this, args[0], '127.0.0.1', ...args.slice(1)) : listen.apply(this, args);
};
const { default: WebTorrent } = await import('webtorrent');

const client = new WebTorrent({ dht: false, lsd: false, utp: false, natUpnp: false, natPmp: false, tracker: { wrtc: false }, secure: 0 });
const { server } = client.createServer({ hostname: '127.0.0.1' });
await new Promise((done) => server.listen(0, done));
const addedAtMs = performance.now();
// It asks its server for nothing before the torrent is ready, which is soon after it was added.
const torrent = client.add(options.torrent, { path: options.folder, deselect: true });
torrent.on('infoHash', () => torrent.addPeer(options.peer));
await new Promise((done) => torrent.on('ready', done));
const path = new URL(torrent.files[0].streamURL, 'http://127.0.0.1').pathname;
const played = await play(`http://127.0.0.1:${server.address().port}${path}`, options.bytesPerSecond, options.seconds);
process.stdout.write(`${JSON.stringify({ ...played, addMs: played.firstByteAtMs - addedAtMs })}\n`);
process.exit();
