/** What was recorded between opennap-ng 0.50 and its clients, and giFT and a holder, is said again: our client to their server, their clients to our server. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { latin1Bytes } from '../../src/core/bytes.ts';
import { endpointPort, formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import { bytesOfHex } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { NAPSTER_CLIENT_DEFAULTS, type NapsterClientOptions } from '../../src/overlays/napster/client/client-options.ts';
import { NapsterClient } from '../../src/overlays/napster/client/napster-client.ts';
import { Type } from '../../src/overlays/napster/message-types.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../../src/overlays/napster/index.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import { NO_HASHES, NO_TAGS } from '../../src/wire/shared-file.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { bytesOf, Inlet, recorded, type Recorded } from './transcript.ts';
import { Diary, Finds, sharedFile } from './worlds.ts';

const NAME = 'c:\\music\\walrus polka tape.mp3';
const MD5 = 'b92870e0d41bc8e698cf2f0a1ddfeac7';
const WALRUS = sharedFile(1, 'walrus polka tape.mp3', {
  tags: { ...NO_TAGS, bitRate: 128, sampleRate: 44_100, seconds: 60 },
  hashes: { ...NO_HASHES, head: bytesOfHex(MD5) },
});

/** One of our clients, and the other end of its connection to the server. */
async function clientAt(context: TestContext, options: Partial<NapsterClientOptions>, files: ListedFiles) {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null, seed: 1 });
  await host.open();
  const came = new Promise<Inlet>((resolve) => server.once('connection', (socket) => resolve(new Inlet(socket))));
  const diary = new Diary();
  const client = host.run(
    (own) =>
      new NapsterClient(
        own,
        { ...NAPSTER_CLIENT_DEFAULTS, ...options, client: 'rawnap v0.1', linkSpeed: 5 },
        files,
        new MemoryBytes(),
        diary,
      ),
  );
  client.addServer(parseEndpoint(`127.0.0.1:${(server.address() as { port: number }).port}`) as Endpoint);
  const inlet = await came;
  context.after(async () => {
    await host.close();
    inlet.socket.destroy();
    server.close();
  });
  return { client, diary, inlet, port: endpointPort(host.self.stream as Endpoint) };
}

/** Said without being made to. */
const BY_ITSELF: ReadonlySet<number> = new Set([Type.login, Type.register, Type.uploadAccept]);

/** Plays the server as it was recorded; `act` makes the client say what the recorded one said. Rejects at the first byte that differs. */
async function play(
  inlet: Inlet,
  lines: readonly Recorded[],
  act: (line: Recorded) => void,
  said: (line: Recorded) => string,
): Promise<void> {
  for (const line of lines) {
    if (!line.isAsked) {
      inlet.socket.write(bytesOf(line));
      continue;
    }
    // What the server has said so far has been heard when its ping is answered.
    if (!BY_ITSELF.has(line.type)) await heard(inlet);
    act(line);
    const expected = bytesOf({ ...line, text: said(line) });
    assert.deepEqual(await inlet.take(expected.length), expected, `${line.type} ${line.text}`);
  }
  await heard(inlet);
}

async function heard(inlet: Inlet): Promise<void> {
  const ping = bytesOf({ type: Type.pingServer, text: 'heard?' });
  inlet.socket.write(ping);
  assert.deepEqual(await inlet.take(ping.length), ping);
}

test("bob's session with opennap-ng: our client says byte for byte what was recorded, and understands the answers", async (context) => {
  const options = { nick: 'bob', password: 'pw2', entry: 'register', email: 'bob@localhost', dataPort: 0 } as const;
  const { client, diary, inlet } = await clientAt(context, options, new ListedFiles());
  const finds: Finds[] = [];
  const learnt: string[] = [];
  const act = ({ type, text }: Recorded): void => {
    if (type === Type.search) {
      finds.push(new Finds());
      const bitRateMin = text.includes('BITRATE') ? { bitRateMin: 96 } : {};
      client.search({ words: ['walrus'], limit: 10, hashes: null, ...bitRateMin }, finds.at(-1) as Finds);
    } else if (type === Type.browse) {
      client.questions.browse('alice', { onBrowsed: ({ name }) => learnt.push(`has ${name}`), onBrowseEnd: () => learnt.push('browsed') });
    } else if (type === Type.download) {
      const note = (what: string) => (detail: unknown) =>
        learnt.push(`${what} ${typeof detail === 'string' ? detail : formatEndpoint(detail as Endpoint)}`);
      const listener = { onHolderAt: note('at'), onNoMeeting: note('no'), onHolderBusy() {}, onHolderCame() {} };
      client.meetings.arrange({ nick: 'alice', fileName: NAME, bytes: 250_000 }, false, listener);
    } else if (type === Type.whois) {
      client.questions.whois('alice', { onWhois: (facts) => learnt.push(`whois ${facts?.files} ${facts?.link} ${facts?.client}`) });
    } else if (type === Type.joinChannel) client.company.join('#test');
    else if (type === Type.say) client.company.sayIn('#test', 'hello all');
    else if (type === Type.privateMessage) client.company.tell('alice', 'hi there');
    else if (type === Type.channels) {
      client.company.list({
        onChannelListed: ({ name, users }) => learnt.push(`room ${name} ${users}`),
        onChannelListEnd: () => learnt.push('rooms'),
      });
    } else if (type === Type.stats) client.askNumbers();
  };
  await play(
    inlet,
    recorded().filter(({ who }) => who === 'bob'),
    act,
    ({ text }) => text,
  );
  assert.deepEqual(
    finds.map(({ held, ended }) => [held, ended]),
    Array.from({ length: 3 }, () => [[`alice ${NAME}`], true]),
  );
  const at = 'at 127.0.0.60:6699';
  assert.deepEqual(learnt, [`has ${NAME}`, 'browsed', at, 'whois 1 5 rawnap v0.1', 'room #test 2', 'rooms']);
  assert.ok(diary.lines.includes('said #test bob: hello all'));
  assert.deepEqual([client.numbers, client.droppedMessages], [{ users: 2, files: 1, gigabytes: 0 }, 0]);
  assert.deepEqual([...(client.company.channels.get('#test')?.members.keys() ?? [])], ['bob', 'alice']);
});

test("alice's session with opennap-ng: what she shares, gives and takes back is said as it was recorded", async (context) => {
  const files = new ListedFiles();
  const { client, diary, inlet } = await clientAt(context, { nick: 'alice', password: 'pw1', entry: 'login', dataPort: 6699 }, files);
  const act = ({ type }: Recorded): void => {
    if (type === Type.share) files.add(WALRUS);
    else if (type === Type.joinChannel) client.company.join('#test');
    else if (type === Type.unshare) files.remove(1);
  };
  // The recorded client put the size behind the hash, as some did.
  await play(
    inlet,
    recorded().filter(({ who }) => who === 'alice'),
    act,
    ({ text }) => text.replace(`${MD5}-250000`, MD5),
  );
  assert.deepEqual(
    diary.lines.filter((line) => !line.startsWith('server:') && !line.startsWith('channel')),
    ['online', 'said #test bob: hello all', 'private bob: hi there'],
  );
});

test('giFT gets a file from our client with the bytes that it was recorded to say', async (context) => {
  const { inlet, port } = await clientAt(context, { nick: 'carol', entry: 'login' }, new ListedFiles([WALRUS]));
  await inlet.message();
  inlet.socket.write(bytesOf({ type: Type.loggedIn, text: 'anon@localhost' }));
  assert.equal((await inlet.message()).type, Type.share);
  inlet.socket.write(bytesOf({ type: Type.stats, text: '1 1 0' }));
  inlet.socket.write(bytesOf({ type: Type.uploadRequest, text: `giftbob "${NAME}"` }));
  assert.deepEqual(await inlet.message(), { type: Type.uploadAccept, text: `giftbob "${NAME}"` });
  const gift = await Inlet.to(port);
  assert.deepEqual(await gift.take(1), latin1Bytes('1'));
  gift.socket.write(latin1Bytes(`GETgiftbob "${NAME}" 0`));
  const expected = MemoryBytes.content(WALRUS);
  assert.deepEqual(await gift.take(6), latin1Bytes('250000'));
  assert.deepEqual(await gift.take(expected.length), expected);
  gift.socket.end();
  assert.deepEqual([(await inlet.message()).type, (await inlet.message()).type], [Type.uploading, Type.uploaded]);
});

/** What differs between opennap-ng and us, and why. */
function comparable({ type, text }: { readonly type: number; readonly text: string }): string | null {
  // Words of the day, and complaints, are everybody's own; numbers come when they come.
  if (type === Type.motd || type === Type.notice || type === Type.stats) return null;
  // Whoever registered with an address hears that from us.
  if (type === Type.loggedIn) return '3';
  // A server that restricts browsing says so at length.
  if (type === Type.privateMessage && text.startsWith('bob ') && /browse|arcane|restrict|client/.test(text)) return null;
  if (type === Type.privateMessage && text === 'bob Sorry for the inconvenience.') return null;
  if (type === Type.whoisIs) return `${type} ${text.replace(/"User" \d+ " ?"/, '"User" n ""')}`;
  // It tells no hash; we pass on what the holder says.
  return `${type} ${text.replace('0'.repeat(32), `${MD5}-250000`)}`;
}

test("opennap-ng's clients, said again to our index server, hear what they were recorded to hear", async (context) => {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null, seed: 1 });
  await host.open();
  context.after(() => host.close());
  host.run((own) => new NapsterIndex(own, { ...INDEX_DEFAULTS, name: 'localhost' }));
  const port = endpointPort(host.self.stream as Endpoint);
  const people = new Map<string, { inlet: Inlet; heard: string[] }>();
  /** Hears all that has been said to somebody so far. */
  const listen = async ({ inlet, heard: lines }: { inlet: Inlet; heard: string[] }): Promise<void> => {
    inlet.socket.write(bytesOf({ type: Type.pingServer, text: 'end' }));
    for (let message = await inlet.message(); message.type !== Type.pingServer; message = await inlet.message()) {
      const line = comparable(message);
      if (line !== null) lines.push(line);
    }
  };
  const session = recorded().filter(({ who }) => who === 'alice' || who === 'bob');
  for (const { who, isAsked, type, text } of session) {
    if (!isAsked) continue;
    let person = people.get(who);
    if (person === undefined) {
      // The address that the recorded results name.
      person = { inlet: await Inlet.to(port, '127.0.0.60'), heard: [] };
      people.set(who, person);
    }
    person.inlet.socket.write(bytesOf({ type, text }));
    await listen(person);
    for (const other of people.values()) if (other !== person) await listen(other);
  }
  for (const { inlet } of people.values()) inlet.socket.destroy();
  const expected = (who: string): string[] => session.flatMap((line) => (line.who !== who || line.isAsked ? [] : (comparable(line) ?? [])));
  assert.deepEqual(people.get('alice')?.heard.sort(), expected('alice').sort());
  // It had not understood what alice took back (102), so that its last search still found it; our last one ends at once.
  const bob = expected('bob');
  bob.splice(bob.lastIndexOf(bob.find((line) => line.startsWith('201')) as string), 1);
  assert.deepEqual(people.get('bob')?.heard.sort(), bob.sort());
});
