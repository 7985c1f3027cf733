/** The networks that the other tests stand on: what is connected hears each other, what is not does not, and nothing is left over. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { connect, NetNamespaces, whyNoNamespaces } from './net-namespaces.ts';

const skip = whyNoNamespaces('iptables') ?? false;

test('a router between two networks passes packets on, and hides the inner one behind its own address', { skip }, async (t) => {
  const spaces = NetNamespaces.for(t);
  const [inner, router, outer] = ['inner', 'router', 'outer'].map((role) => spaces.add(role));
  assert.ok(inner && router && outer);
  connect({ space: inner, name: 'eth0', addresses: ['10.0.0.2/24'] }, { space: router, name: 'lan', addresses: ['10.0.0.1/24'] });
  connect({ space: router, name: 'wan', addresses: ['203.0.113.1/24'] }, { space: outer, name: 'eth0', addresses: ['203.0.113.2/24'] });
  inner.defaultRoute('10.0.0.1');
  router.forward();
  router.exec('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'wan', '-j', 'MASQUERADE');
  const listener = `require('net').createServer((s) => s.end(s.remoteAddress)).listen(7000, '203.0.113.2', () => console.log('up'))`;
  const heard = new Promise((resolve) => outer.spawn(process.execPath, ['-e', listener], { onLine: resolve }));
  assert.equal(await heard, 'up');
  const dial = `require('net').connect(7000, '203.0.113.2').on('data', (d) => process.stdout.write(d))`;
  assert.equal(inner.exec(process.execPath, '-e', dial), '203.0.113.1');
  assert.throws(() => outer.exec('ip', 'route', 'get', '10.0.0.2'), /unreachable/);
});

test('two machines at one switch share a network', { skip }, (t) => {
  const spaces = NetNamespaces.for(t);
  const [hub, left, right] = ['hub', 'left', 'right'].map((role) => spaces.add(role));
  assert.ok(hub && left && right);
  connect({ space: left, name: 'eth0', addresses: ['10.0.0.1/24'] }, { space: hub, name: 'port0' });
  connect({ space: right, name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] }, { space: hub, name: 'port1' });
  hub.bridge('switch', ['port0', 'port1']);
  const ask = `require('net').connect(7000, '10.0.0.2').on('error', (e) => process.stdout.write(e.code))`;
  assert.equal(left.exec(process.execPath, '-e', ask), 'ECONNREFUSED', 'somebody is there and says no');
});

test('nothing is left of namespaces, not even when this process is ended in the middle', { skip }, async () => {
  const spaces = new NetNamespaces();
  const space = spaces.add('gone');
  const program = space.spawn('sleep', ['60']);
  await spaces.dispose();
  assert.ok(program.exited);
  const script = `import { NetNamespaces } from ${JSON.stringify(new URL('./net-namespaces.ts', import.meta.url))};
    new NetNamespaces().add('cut-short').spawn('sleep', ['60']); process.kill(process.pid, 'SIGTERM');`;
  const child = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' });
  const left = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
  assert.doesNotMatch(left, new RegExp(`kith-(${process.pid}-\\d+-gone|${child.pid}-)`));
});
