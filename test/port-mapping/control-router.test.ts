/** Mapping ports by PCP and NAT-PMP with routers on loopback that behave well, badly, or not at all (RFC 6886, RFC 6887). */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeControlRouter, type FakeControlOptions } from './fake-control-router.ts';
import { hasFailed, isMapped, MapperWorld, PEERS } from './mapper-world.ts';

const HOUR = 3600;

for (const speaks of ['PCP', 'NAT-PMP'] as const) {
  test(`${speaks}: both transports are mapped for an hour, counted in seconds, and the external address is told`, async (t) => {
    const router = await routerFor(t, { speaks });
    const { protocol, externalAddress, ports } = await new MapperWorld(t, { control: router.port }).start(PEERS).report(isMapped);
    assert.deepEqual([protocol, externalAddress], [speaks, '5.5.5.1']);
    assert.deepEqual(ports, [{ role: 'peers', port: 6881, externalPort: 6881, transports: ['tcp', 'udp'], why: '' }]);
    assert.deepEqual(
      [...router.mappings.values()],
      [
        { externalPort: 6881, lifetimeSeconds: HOUR },
        { externalPort: 6881, lifetimeSeconds: HOUR },
      ],
    );
  });

  test(`${speaks}: the end of the program ends the mappings`, async (t) => {
    const router = await routerFor(t, { speaks });
    const world = new MapperWorld(t, { control: router.port }).start(PEERS);
    await world.report(isMapped);
    await world.mapper.close();
    assert.equal(router.mappings.size, 0);
    assert.equal(world.mapper.status.state, 'closed');
  });

  test(`${speaks}: when its clock has begun anew everything is mapped again`, async (t) => {
    const router = await routerFor(t, { speaks });
    await new MapperWorld(t, { control: router.port }, { checkMs: 20 }).start(PEERS).report(isMapped);
    router.restart();
    await router.until(() => router.mappings.size === 2);
  });

  test(`${speaks}: when one transport gets another number, both get one that is free for both`, async (t) => {
    const router = await routerFor(t, { speaks, taken: ['udp 6881'] });
    const { ports } = await new MapperWorld(t, { control: router.port }).start(PEERS).report(isMapped);
    assert.deepEqual(ports[0]?.transports, ['tcp', 'udp']);
    assert.notEqual(ports[0]?.externalPort, 6881);
    const numbers = [...router.mappings.values()].map(({ externalPort }) => externalPort);
    assert.deepEqual(numbers, [ports[0]?.externalPort, ports[0]?.externalPort], 'nothing is left of the first try');
  });

  test(`${speaks}: a router that says no is told with its reason`, async (t) => {
    const router = await routerFor(t, { speaks, result: 2 });
    const { why, failures } = await new MapperWorld(t, { control: router.port }, { protocols: [speaks] }).start(PEERS).report(hasFailed);
    assert.equal(why, `The router 127.0.0.1 maps no port: ${speaks}: not authorized.`);
    assert.deepEqual(failures, [{ protocol: speaks, why: 'not authorized' }]);
  });
}

test('a mapping is renewed at half of the lifetime that the router gave, under the number that it gave', async (t) => {
  const router = await routerFor(t, { speaks: 'PCP', taken: ['tcp 6881', 'udp 6881'], lifetimeSecondsMax: 1 });
  await new MapperWorld(t, { control: router.port }, { renewMsMin: 1 }).start(PEERS).report(isMapped);
  const mappedAt = performance.now();
  await router.until(() => router.heard.includes('udp 6881 as 6882 for 3600') && router.heard.length > 6);
  const tookMs = performance.now() - mappedAt;
  assert.ok(tookMs > 400 && tookMs < 900, `it was renewed after ${tookMs} ms`);
});

test('a port that is wanted later is mapped then', async (t) => {
  const router = await routerFor(t, { speaks: 'PCP' });
  const world = new MapperWorld(t, { control: router.port }).start(PEERS);
  await world.report(isMapped);
  world.mapper.add({ role: 'web', port: 8080, transports: ['tcp'] });
  const { ports } = await world.report(({ ports: all }) => all.some(({ role, externalPort }) => role === 'web' && externalPort === 8080));
  assert.equal(ports.length, 2);
});

test('a router that gives no answer is asked four times, within four seconds', async (t) => {
  const router = await routerFor(t, { speaks: 'nothing' });
  const began = performance.now();
  const { failures } = await new MapperWorld(t, { control: router.port }, { protocols: ['PCP'] }).start(PEERS).report(hasFailed);
  assert.deepEqual(failures, [{ protocol: 'PCP', why: 'the router does not answer' }]);
  assert.equal(router.heard.length, 4);
  assert.ok(performance.now() - began < 5_000);
});

test('a router that answers garbage is given up, and nothing is mapped', async (t) => {
  const router = await routerFor(t, { speaks: 'garbage' });
  const { failures } = await new MapperWorld(t, { control: router.port }, { protocols: ['PCP', 'NAT-PMP'] }).start(PEERS).report(hasFailed);
  assert.equal(failures.length, 2);
  assert.equal(router.mappings.size, 0);
});

test('stopping waits no longer than a second for a router that has gone silent', async (t) => {
  const router = await routerFor(t, { speaks: 'PCP' });
  const world = new MapperWorld(t, { control: router.port }).start(PEERS);
  await world.report(isMapped);
  router.options = { speaks: 'nothing' };
  const began = performance.now();
  await world.mapper.close();
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 1_500, `it took ${tookMs} ms`);
  assert.ok(router.heard.filter((line) => line === 'ask').length > 1, 'it was asked to end them');
});

test('stopping in the middle of a search ends it at once', async (t) => {
  const router = await routerFor(t, { speaks: 'nothing' });
  const world = new MapperWorld(t, { control: router.port }).start(PEERS);
  await router.until(() => router.heard.length === 1);
  const began = performance.now();
  await world.mapper.close();
  assert.ok(performance.now() - began < 1_000);
  assert.deepEqual(world.reports, []);
});

test('stopping at once after the start leaves nothing behind', async (t) => {
  const router = await routerFor(t, { speaks: 'nothing' });
  const world = new MapperWorld(t, { control: router.port }).start(PEERS);
  const began = performance.now();
  await world.mapper.close();
  assert.ok(performance.now() - began < 500);
  assert.deepEqual(world.reports, []);
});

test('another router in the place of the first one is asked afresh', async (t) => {
  const [first, second] = [await routerFor(t, { speaks: 'PCP' }), await routerFor(t, { speaks: 'NAT-PMP' })];
  const ports = { control: first.port, ssdp: 9, news: null };
  let localAddress = '127.0.0.1';
  const findRoute = async (): Promise<{ gateway: string; localAddress: string }> => ({ gateway: '127.0.0.1', localAddress });
  const world = new MapperWorld(t, {}, { ports, findRoute, checkMs: 20 }).start(PEERS);
  await world.report(isMapped);
  localAddress = '127.0.0.2';
  ports.control = second.port;
  const { protocol } = await world.report(({ protocol: by }) => by === 'NAT-PMP');
  assert.equal(protocol, 'NAT-PMP');
  assert.equal(second.mappings.size, 2);
});

test('without a router nothing is sent, and it says so', async (t) => {
  const { why } = await new MapperWorld(t, {}, { findRoute: async () => null }).start(PEERS).report(hasFailed);
  assert.equal(why, 'This machine has no router for the world outside.');
});

async function routerFor(t: TestContext, options: FakeControlOptions): Promise<FakeControlRouter> {
  const router = await FakeControlRouter.start(options);
  t.after(() => router.close());
  return router;
}
