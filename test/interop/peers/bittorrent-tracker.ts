/** The server of npm's bittorrent-tracker on loopback, for WebSockets alone. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { START_MS_MAX } from './peer.ts';
import { freePort, ProcessGroup, until } from './process-group.ts';

const SERVER = new URL('node_modules/bittorrent-tracker/server.js', import.meta.url);

export function bittorrentTrackerMissing(): string | null {
  return existsSync(fileURLToPath(SERVER)) ? null : 'bittorrent-tracker is not installed: npm ci --ignore-scripts in test/interop/peers';
}

export async function startBittorrentTracker(): Promise<{ readonly webSocketUrl: string; stop(): Promise<void> }> {
  const port = await freePort();
  const script = `
    const { default: Server } = await import(${JSON.stringify(SERVER.href)});
    const server = new Server({ http: false, udp: false, ws: true });
    server.on('error', (error) => console.log('error', error.message));
    server.listen(${port}, '127.0.0.1', () => console.log('listening'));`;
  let ready = false;
  const group = new ProcessGroup(process.execPath, ['--input-type=module', '-e', script], {
    onLine: (line) => (ready ||= line === 'listening'),
  });
  try {
    await until('bittorrent-tracker to listen', START_MS_MAX, () => ready);
  } catch (error) {
    await group.stop();
    throw error;
  }
  return { webSocketUrl: `ws://127.0.0.1:${port}/`, stop: () => group.stop() };
}
