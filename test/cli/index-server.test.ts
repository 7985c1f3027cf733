/** `kith index` as a client of its time meets it: over a socket, with the bytes that it sends. */

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from '../../src/overlays/napster/frames.ts';
import { Type } from '../../src/overlays/napster/message-types.ts';
import { until } from '../interop/peers/process-group.ts';
import { type KithProcess, Room } from './kith-process.ts';

const WAIT_MS_MAX = 20_000;
const SHARED = '"c:\\music\\walrus polka tape.mp3" b92870e0d41bc8e698cf2f0a1ddfeac7 250000 128 44100 60';

/** A client of nothing but a socket. */
class Client {
  readonly heard: NapsterMessage[] = [];
  closed = false;
  readonly #socket: Socket;

  constructor(port: number) {
    const deframer = napsterFrames.deframer();
    const sink = { open: true, onMessage: (message: NapsterMessage): void => void this.heard.push(message), onBulk: (): void => {} };
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => deframer.push(bytes, 0, bytes.length, sink));
    this.#socket.on('close', () => {
      this.closed = true;
    });
    this.#socket.on('error', () => undefined);
  }

  say(type: number, text: string): void {
    this.#socket.write(encodeToBytes(napsterCodec, { type, text }));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async hears(type: number): Promise<string> {
    const message = await until(`message ${type}`, WAIT_MS_MAX, () => this.heard.find((each) => each.type === type) ?? null);
    return message.text;
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function portOf(process: KithProcess): Promise<number> {
  return Number((await process.saying(/:(\d+)\n/))[1]);
}

interface Server {
  readonly room: Room;
  readonly process: KithProcess;
  client(): Client;
}

async function server(t: TestContext, args: readonly string[] = []): Promise<Server> {
  const room = new Room();
  const clients: Client[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await room.close();
  });
  const process = room.start(['index', '--port', '0', ...args]);
  const port = await portOf(process);
  const client = (): Client => {
    const made = new Client(port);
    clients.push(made);
    return made;
  };
  return { room, process, client };
}

test('a user logs in, shares and is found; his password is kept as a hash that nobody else can read', async (t) => {
  const { room, client } = await server(t, ['--welcome', 'Be kind.']);
  const alice = client();
  alice.say(Type.register, 'alice s3cret 6699 "rawnap v0.1" 5 alice@example.org');
  assert.equal(await alice.hears(Type.loggedIn), 'alice@example.org');
  alice.say(Type.share, SHARED);
  const bob = client();
  bob.say(Type.login, 'bob other 0 "rawnap v0.1" 5');
  await bob.hears(Type.stats);
  bob.say(Type.search, 'FILENAME CONTAINS "walrus" MAX_RESULTS 10');
  assert.match(await bob.hears(Type.result), /walrus polka tape\.mp3" b928\w+ 250000 128 44100 60 alice 16777343 5$/);
  const file = join(room.folder, 'data/kith/napster-accounts');
  const text = await until('the accounts', WAIT_MS_MAX, () => {
    const written = readFileSync(file, 'utf8');
    return written.includes('bob') && written;
  });
  assert.ok(!text.includes('s3cret') && !text.includes('other'), text);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const thief = client();
  thief.say(Type.login, 'alice guess 0 "x" 5');
  assert.equal(await thief.hears(Type.error), 'Invalid Password');
});

test('garbage and messages without end cost whoever sends them his connection, and nobody else anything', async (t) => {
  const { client } = await server(t, ['--open']);
  const alice = client();
  alice.say(Type.login, 'alice x 0 "x" 5');
  await alice.hears(Type.loggedIn);
  const long = client();
  long.sendBytes(Uint8Array.of(0xff, 0xff, 2, 0));
  await until('a closed connection', WAIT_MS_MAX, () => long.closed);
  const strange = client();
  strange.sendBytes(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  await until('a closed connection', WAIT_MS_MAX, () => strange.closed);
  alice.say(Type.pingServer, 'still there');
  assert.equal(await alice.hears(Type.pingServer), 'still there');
});

test('Ctrl-C ends it, and what was registered is there the next time', async (t) => {
  const { room, process, client } = await server(t);
  const alice = client();
  alice.say(Type.login, 'alice s3cret 0 "x" 5');
  await alice.hears(Type.loggedIn);
  process.kill('SIGINT');
  assert.equal((await process.ended).code, 130);
  const again = room.start(['index', '--port', '0']);
  const port = await portOf(again);
  const thief = new Client(port);
  thief.say(Type.login, 'alice guess 0 "x" 5');
  assert.equal(await thief.hears(Type.error), 'Invalid Password');
  thief.close();
});

test('two servers that know the same word are linked, and a user of one finds the files of the other', async (t) => {
  const room = new Room();
  const clients: Client[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await room.close();
  });
  const word = join(room.folder, 'word.txt');
  writeFileSync(word, 'a word that both know\n');
  const login = async (process: KithProcess, nick: string): Promise<Client> => {
    const client = new Client(await portOf(process));
    clients.push(client);
    client.say(Type.login, `${nick} x 6699 "x" 5`);
    await client.hears(Type.loggedIn);
    return client;
  };
  const first = room.start(['index', '--open', '--port', '0', '--secret-file', word]);
  const address = `127.0.0.1:${await portOf(first)}`;
  const second = room.start(['index', '--open', '--port', '0', '--secret-file', word, '--link', address, '--json']);
  const alice = await login(first, 'alice');
  alice.say(Type.share, SHARED);
  const port = Number((await second.saying(/:(\d+)"/))[1]);
  const bob = new Client(port);
  clients.push(bob);
  bob.say(Type.login, 'bob x 6699 "x" 5');
  await bob.hears(Type.loggedIn);
  const found = await until('a result', WAIT_MS_MAX, () => {
    bob.say(Type.search, 'FILENAME CONTAINS "walrus" MAX_RESULTS 10');
    return bob.heard.find(({ type }) => type === Type.result) ?? null;
  });
  assert.match(found.text, /walrus polka tape\.mp3" b928\w+ 250000 128 44100 60 alice 16777343 5$/);
  const without = await room.run(['index', '--port', '0', '--link', address]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /no word for linked servers/);
});
