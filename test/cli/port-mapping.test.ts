/** When the router is asked, and what is said of it, as far as that can be seen without one. `test/interop` has a router. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';
import { events, Room } from './kith-process.ts';

const room = new Room();
const original = join(room.folder, 'note.txt');
after(() => room.close());
before(() => writeFileSync(original, 'hello'));

test('a share that lets only this machine in asks no router, and says nothing of it', async () => {
  const sharing = room.start(['share', '--json', '--port', '0', '--tracker-port', '0', original]);
  await sharing.saying(/"event":"link"/);
  sharing.kill('SIGINT');
  const { stdout, stderr } = await sharing.ended;
  assert.deepEqual(
    events(stdout).filter(({ event }) => event === 'port-mapping'),
    [],
  );
  assert.doesNotMatch(stderr, /router/i);
});

test('with --port-mapping such a share says why no port is mapped', async () => {
  const sharing = room.start(['share', '--port-mapping', '--port', '0', '--tracker-port', '0', original]);
  await sharing.link();
  assert.match(sharing.stderr, /No port is mapped\. Only this machine is let in\./);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('behind a proxy no router is asked: that would go around it', async (t) => {
  const proxy = await RecordingProxy.open(t, 'socks5');
  const words = ['--proxy', proxy.url, '--port-mapping', '--tracker', 'http://127.0.0.1:9/announce'];
  const sharing = room.start(['share', '--listen', '0.0.0.0', ...words, original]);
  await sharing.link();
  assert.match(sharing.stderr, /No port is mapped\. Everything goes through a proxy\./);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('the setting takes auto, on and off, and nothing else', async () => {
  const got = await room.run(['share', original], { KITH_PORT_MAPPING: 'perhaps' });
  assert.notEqual(got.code, 0);
  assert.match(got.stderr, /KITH_PORT_MAPPING/);
  assert.match(got.stderr, /"auto", "on" or "off"/);
});
