/** Mapping ports by UPnP with routers on loopback, good ones and hostile ones: nobody sends us elsewhere, nobody wastes more than is bounded. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { PortMapperOptions } from '../../src/net/port-mapping/index.ts';
import { type FakeUpnpOptions, FakeUpnpRouter } from './fake-upnp-router.ts';
import { hasFailed, isMapped, MapperWorld, PEERS } from './mapper-world.ts';

for (const service of ['WANIPConnection:1', 'WANIPConnection:2', 'WANPPPConnection:1']) {
  test(`${service}: both transports are mapped for an hour, counted in seconds, and ended at the end`, async (t) => {
    const { router, world } = await start(t, { service });
    const { protocol, externalAddress, ports } = await world.report(isMapped);
    assert.deepEqual([protocol, externalAddress, ports[0]?.transports], ['UPnP', '5.5.5.1', ['tcp', 'udp']]);
    assert.deepEqual([...router.mappings.keys()], ['TCP 6881', 'UDP 6881']);
    const { NewLeaseDuration, NewInternalClient, NewInternalPort } = router.mappings.get('TCP 6881') ?? {};
    assert.deepEqual([NewLeaseDuration, NewInternalClient, NewInternalPort], ['3600', '127.0.0.1', '6881']);
    await world.mapper.close();
    assert.equal(router.mappings.size, 0);
  });
}

test("when the wanted port is another machine's, for one transport even, both get another number", async (t) => {
  const fault = ({ NewProtocol, NewExternalPort }: Readonly<Record<string, string>>): number | null =>
    NewProtocol === 'UDP' && NewExternalPort === '6881' ? 718 : null;
  const { router, world } = await start(t, { fault });
  const { ports } = await world.report(isMapped);
  const number = ports[0]?.externalPort;
  assert.notEqual(number, 6881);
  assert.deepEqual([...router.mappings.keys()], [`TCP ${number}`, `UDP ${number}`], 'nothing is left of the first try');
});

test('a mapping of another machine is never ended by us', async (t) => {
  const { router, world } = await start(t, { fault: ({ NewExternalPort }) => (NewExternalPort === '6881' ? 718 : null) });
  router.mappings.set('TCP 6881', { NewInternalClient: '10.0.0.9' });
  await world.report(isMapped);
  await world.mapper.close();
  assert.deepEqual([...router.mappings.keys()], ['TCP 6881']);
});

test('a router that knows no lifetimes maps for ever, and the end still comes with ours', async (t) => {
  const { router, world } = await start(t, { fault: ({ NewLeaseDuration }) => (NewLeaseDuration === '0' ? null : 725) });
  await world.report(isMapped);
  assert.equal(router.mappings.get('TCP 6881')?.NewLeaseDuration, '0');
  await world.mapper.close();
  assert.equal(router.mappings.size, 0);
});

test('a mapping that the router has forgotten is made again', async (t) => {
  const { router, world } = await start(t, {}, { checkMs: 20 });
  await world.report(isMapped);
  router.mappings.clear();
  router.options = { address: '5.5.5.2' };
  const { externalAddress } = await world.report(({ externalAddress: address }) => address === '5.5.5.2');
  assert.equal(externalAddress, '5.5.5.2');
  assert.equal(router.mappings.size, 2);
});

test('a router that says that its description is elsewhere is not followed', async (t) => {
  const { url, asked } = await bystander(t);
  const { router, world } = await start(t, { location: () => `${url}/desc.xml` });
  assert.match((await world.report(hasFailed)).why, /does not answer/);
  assert.deepEqual([asked, router.asked], [[], []]);
});

test('a router that redirects elsewhere is not followed', async (t) => {
  const { url, asked } = await bystander(t);
  const { world } = await start(t, { describe: (response) => response.writeHead(302, { location: url }).end() });
  assert.match((await world.report(hasFailed)).why, /answers with status 302/);
  assert.deepEqual(asked, []);
});

test('a router that says that it is controlled elsewhere is not believed', async (t) => {
  const { url, asked } = await bystander(t);
  const { world } = await start(t, { controlUrl: `${url}/ctl` });
  assert.match((await world.report(hasFailed)).why, /describes no service/);
  assert.deepEqual(asked, []);
});

const BAD_DESCRIPTIONS: readonly (readonly [title: string, describe: NonNullable<FakeUpnpOptions['describe']>, why: RegExp])[] = [
  ['broken XML', (response) => response.end('<root><device'), /broken XML/],
  ['XML without a service', (response) => response.end('<root><device/></root>'), /describes no service/],
  ['another status', (response) => response.writeHead(404).end('<root/>'), /status 404/],
  ['a connection cut in the middle', (response) => void response.write('<root>', () => response.destroy()), /ECONNRESET|aborted/],
];

for (const [title, describe, why] of BAD_DESCRIPTIONS) {
  test(`a description that is ${title} maps nothing, and it is told`, async (t) => {
    const { world } = await start(t, { describe });
    assert.match((await world.report(hasFailed)).why, why);
  });
}

test('a description without an end is read to 64 KiB and no further', async (t) => {
  let sent = 0;
  const { world } = await start(t, {
    describe: (response) => {
      const chunk = Buffer.alloc(16_384, 0x20);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', pour);
      pour();
    },
  });
  assert.match((await world.report(hasFailed)).why, /more than 65536 bytes/);
  assert.ok(sent < 16 << 20, `${sent} bytes were taken from it`);
});

test('a description that drips is given up after three seconds', async (t) => {
  const { world } = await start(t, {
    describe: (response) => {
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    },
  });
  assert.match((await world.report(hasFailed)).why, /has not answered within 3 s/);
});

test('an answer to an action that is nonsense maps nothing, and it is told', async (t) => {
  const { world } = await start(t, { act: (response) => response.end('<html>Hello</html>') });
  assert.match((await world.report(hasFailed)).why, /answers something else/);
});

test('stopping does not wait for a router that holds its answer back', async (t) => {
  const { router, world } = await start(t, {});
  await world.report(isMapped);
  router.options = { act: () => {} };
  const began = performance.now();
  await world.mapper.close();
  assert.ok(performance.now() - began < 1_500);
});

async function start(
  t: TestContext,
  options: FakeUpnpOptions,
  mapping: Partial<PortMapperOptions> = {},
): Promise<{ router: FakeUpnpRouter; world: MapperWorld }> {
  const router = await FakeUpnpRouter.start(options);
  t.after(() => router.close());
  const world = new MapperWorld(t, { ssdp: router.port }, { protocols: ['UPnP'], ...mapping }).start(PEERS);
  return { router, world };
}

/** An HTTP server on another address of this machine that must not be asked. */
async function bystander(t: TestContext): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.2:${(server.address() as AddressInfo).port}`, asked }; // It listens on TCP.
}
