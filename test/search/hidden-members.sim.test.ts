/** Members whom nobody out there can dial, though nobody has told them: with a port of their machine alone, or, behind a proxy, with none and no datagrams. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint, Host } from '../../src/core/host.ts';
import { HostView } from '../../src/core/host-view.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { GNUTELLA_DEFAULTS, GnutellaServent, NO_HOOKS } from '../../src/overlays/gnutella/index.ts';
import { Gnutella2Node } from '../../src/overlays/gnutella2/index.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import * as gnutella from '../gnutella/networks.ts';
import * as gnutella2 from '../gnutella2/networks.ts';

class HiddenHost extends HostView {
  readonly #port: 'of this machine' | 'none';

  constructor(host: Host, port: 'of this machine' | 'none') {
    super(host);
    this.#port = port;
  }

  override get self(): { readonly datagram: Endpoint | null; readonly stream: Endpoint | null } {
    if (this.#port === 'none') return { datagram: null, stream: null };
    return { datagram: this.host.self.datagram, stream: parseEndpoint('127.0.0.1:6346') };
  }
}

for (const port of ['of this machine', 'none'] as const) {
  test(`Gnutella2, port ${port}: he searches, is found as one who is firewalled, and is asked to come`, () => {
    const pushed: string[] = [];
    const network = gnutella2.grownNetwork(12);
    const hidden = network.world.addNode(
      (host) =>
        new Gnutella2Node(new HiddenHost(host, port), {
          compression: zlibCompression,
          ...network.options,
          bootstrap: network.nodes.map(({ endpoint }) => endpoint),
          files: new ListedFiles([gnutella2.file(1, 'hidden treasure.mp3')]),
          hooks: { ...NO_HOOKS, onPush: (to: Endpoint) => void pushed.push(formatEndpoint(to)) },
        }),
    );
    network.world.runFor(40_000);
    assert.deepEqual([hidden.protocol.isFirewalled, hidden.protocol.role.isHub], [true, false]);
    assert.equal(gnutella2.find(network, hidden, ['song7'])[0]?.name, 'song7 singer7.mp3');
    const from = gnutella2.pick(network, gnutella2.leavesOf(network));
    const [hit] = gnutella2.find(network, from, ['hidden', 'treasure']);
    assert.ok(hit?.holder.firewalled === true && hit.holder.proxies.length > 0);
    assert.ok(from.protocol.push(hit.holder));
    network.world.runFor(2_000);
    assert.deepEqual([...new Set(pushed)], [formatEndpoint(from.endpoint)]);
  });
}

test('Gnutella, a port of this machine alone: he is no ultrapeer for others elsewhere, is found as firewalled, and is asked to come', () => {
  const pushed: string[] = [];
  const net = gnutella.network();
  const ultrapeer = gnutella.add(net, { mode: 'ultrapeer' });
  const seeker = gnutella.add(net, { mode: 'leaf' }, [ultrapeer.endpoint]);
  const options = {
    ...GNUTELLA_DEFAULTS,
    isReachable: true,
    hosts: [ultrapeer.endpoint],
    files: gnutella.sharing('hidden treasure'),
    hooks: { ...NO_HOOKS, onPush: (to: Endpoint, index: number) => void pushed.push(`${formatEndpoint(to)} ${index}`) },
  };
  const hidden = net.world.addNode((host) => new GnutellaServent(new HiddenHost(host, 'of this machine'), options));
  net.world.runFor(90_000);
  assert.deepEqual([hidden.protocol.isFirewalled, hidden.protocol.role], [true, 'leaf']);
  const hits: SearchHit[] = [];
  seeker.protocol.search({ words: ['treasure'], limit: 5 }, { onHit: (hit) => void hits.push(hit), onSearchEnd() {} });
  net.world.runFor(10_000);
  const [hit] = hits;
  assert.ok(hit?.holder.firewalled === true && hit.holder.endpoint === null);
  assert.ok(seeker.protocol.push(hit.holder, 1));
  net.world.runFor(2_000);
  assert.ok(pushed.includes(`${formatEndpoint(seeker.endpoint)} 1`), pushed.join());
});
