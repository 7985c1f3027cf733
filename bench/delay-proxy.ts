/** TCP over a long way: passes streams on, each byte so much later, and the first one later by the round trip that opens a connection. */

import { connect, createServer, type Socket } from 'node:net';

const [target = '', delayText = '0'] = process.argv.slice(2);
const delayMs = Number(delayText);
const [host = '', port = '0'] = target.split(':');

const server = createServer((near) => {
  const openedAtMs = performance.now();
  const far = connect(Number(port), host);
  for (const socket of [near, far]) socket.setNoDelay(true);
  pass(near, far, openedAtMs + 2 * delayMs);
  pass(far, near, openedAtMs);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});

/** What comes before `openAtMs` leaves as if it had come then. Order is kept: timers of one length fire in turn. */
function pass(from: Socket, to: Socket, openAtMs: number): void {
  const later = (run: () => void): void => void setTimeout(run, delayMs + Math.max(0, openAtMs - performance.now()));
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => later(() => to.destroy()));
  from.on('close', () => later(() => to.destroy()));
}
