/** The promises on datagrams, and on addresses and names. */

import assert from 'node:assert/strict';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import { HostEvent } from '../../src/core/events.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { markCodec, noteCodec, rawCodec } from '../notes-protocol.ts';
import type { Promised } from './harness.ts';
import type { Script } from './script.ts';

export function datagramPromises(promise: Promised): void {
  promise('a datagram arrives with its sender, and can be answered', 2, async (network, [a, b]) => {
    const [asker, answerer] = [a as Script, b as Script];
    const got: string[] = [];
    answerer.act((host) =>
      host.bind(noteCodec, {
        onDatagram(from, note) {
          assert.equal(from, host.peer(network.endpointOf(0)));
          host.send(from, noteCodec, { text: `re: ${note.text}` });
        },
      }),
    );
    asker.act((host) => {
      host.bind(noteCodec, {
        onDatagram(from, note) {
          assert.equal(from, host.peer(network.endpointOf(1)));
          got.push(note.text);
        },
      });
      host.send(host.peer(network.endpointOf(1)), noteCodec, { text: 'grüezi' });
    });
    await network.until(() => got.length === 1, 'the answer');
    assert.deepEqual(got, ['re: grüezi']);
  });

  promise(
    'protocols share the socket: each gets the datagrams that its codec recognises, and one of them the rest',
    2,
    async (network, [a, b]) => {
      const [sender, receiver] = [a as Script, b as Script];
      const got: string[] = [];
      receiver.act((host) => {
        host.bind(noteCodec, { onDatagram: (_from, note) => void got.push(`note ${note.text}`) });
        for (const codec of [markCodec('!'), markCodec('?')]) host.bind(codec, { onDatagram: (_from, mark) => void got.push(mark) });
      });
      await network.pass(1);
      sender.act((host) => {
        const to = host.peer(network.endpointOf(1));
        for (const text of ['!', '?']) host.send(to, markCodec(text), text);
        host.send(to, noteCodec, { text: 'sound' });
        host.send(to, rawCodec, Uint8Array.of(9, 9, 9));
      });
      await network.until(() => got.length === 3, 'three datagrams');
      assert.deepEqual(got.toSorted(), ['!', '?', 'note sound']);
      await network.until(() => network.tapped(1, HostEvent.datagramMalformed) === 1, 'the tap of what is nobody wants');
      receiver.act((host) => host.bind(noteCodec, { onDatagram: (_from, note) => void got.push(`again ${note.text}`) }));
      await network.pass(1);
      sender.act((host) => host.send(host.peer(network.endpointOf(1)), noteCodec, { text: 'bound anew' }));
      await network.until(() => got.length === 4, 'the fourth');
      assert.equal(got[3], 'again bound anew');
    },
    true,
  );

  promise('a datagram is never delivered from inside send', 1, async (network, [a]) => {
    const script = a as Script;
    let inside = false;
    let got = 0;
    script.act((host) => {
      host.bind(noteCodec, {
        onDatagram() {
          assert.ok(!inside);
          got++;
        },
      });
      inside = true;
      host.send(host.peer(network.endpointOf(0)), noteCodec, { text: 'to myself' });
      inside = false;
    });
    await network.until(() => got === 1, 'the datagram');
  });

  promise(
    'a malformed datagram is tapped and dropped, and what comes after it is not',
    2,
    async (network, [a, b]) => {
      const [sender, receiver] = [a as Script, b as Script];
      const got: string[] = [];
      receiver.act((host) => host.bind(noteCodec, { onDatagram: (_from, note) => void got.push(note.text) }));
      await network.pass(1);
      sender.act((host) => {
        const to = host.peer(network.endpointOf(1));
        host.send(to, rawCodec, Uint8Array.of(1, 0, 200, 65));
        host.send(to, rawCodec, new Uint8Array(0));
        host.send(to, rawCodec, Uint8Array.of(9, 9, 9));
        host.send(to, noteCodec, { text: 'sound' });
      });
      await network.until(() => got.length === 1, 'the sound datagram');
      assert.deepEqual(got, ['sound']);
      await network.until(() => network.tapped(1, HostEvent.datagramMalformed) === 3, 'three taps');
    },
    true,
  );
}

export function addressPromises(promise: Promised): void {
  promise('an endpoint has one peer, whichever bytes say it, and comes back as it was', 1, async (_network, [a]) => {
    const { host } = a as Script;
    for (const text of ['192.0.2.7:80', '192.0.2.7:81', '10.1.2.3:6881', '[2001:db8::1]:6881', '[2001:db8::2]:6881']) {
      const endpoint = parseEndpoint(text) as Endpoint;
      const peer = host.peer(endpoint);
      assert.equal(host.peer(endpoint.slice()), peer);
      endpoint.fill(0);
      const copy = host.endpoint(peer);
      assert.equal(formatEndpoint(copy), text);
      copy.fill(0);
      assert.equal(formatEndpoint(host.endpoint(peer)), text);
    }
    assert.notEqual(host.peer(parseEndpoint('192.0.2.7:80') as Endpoint), host.peer(parseEndpoint('192.0.2.7:81') as Endpoint));
  });

  promise('literals, names and names that do not exist are resolved in a later event', 1, async (network, [a]) => {
    const script = a as Script;
    const answers = new Map<string, readonly Endpoint[]>();
    let inside = false;
    script.act((host) => {
      inside = true;
      for (const name of ['192.0.2.7', '2001:db8::1', network.hostname, 'does-not-exist.invalid']) {
        host.resolve(name, 8080, {
          onResolved(endpoints) {
            assert.ok(!inside);
            answers.set(name, endpoints);
          },
        });
      }
      inside = false;
    });
    await network.until(() => answers.size === 4, 'four answers');
    assert.deepEqual(answers.get('192.0.2.7')?.map(formatEndpoint), ['192.0.2.7:8080']);
    assert.deepEqual(answers.get('2001:db8::1')?.map(formatEndpoint), ['[2001:db8::1]:8080']);
    const found = answers.get(network.hostname) as readonly Endpoint[];
    assert.ok(found.length > 0 && found.every((endpoint) => formatEndpoint(endpoint).endsWith(':8080')));
    assert.deepEqual(answers.get('does-not-exist.invalid'), []);
  });
}
