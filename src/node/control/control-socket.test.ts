import assert from 'node:assert/strict';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { askControl, followControl } from './ask-control.ts';
import { type ControlHandler, type JsonObject, QUESTION_BYTES_MAX } from './control-connection.ts';
import { canControl, CONNECTIONS_MAX, ControlSocket, controlPath } from './control-socket.ts';
import { Failure } from '../failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-control-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const patient = new AbortController().signal;
let named = 0;

const echo: ControlHandler = async (question) => ({ echo: question });

/** A door with a handler for the time of `use`. */
async function withDoor(handler: ControlHandler, use: (name: string, path: string) => Promise<void>): Promise<void> {
  const name = `node-${++named}`;
  const door = await ControlSocket.open(folder, name, 'The test', handler);
  try {
    await use(name, door.path);
  } finally {
    await door.close();
  }
  assert.ok(!existsSync(door.path), 'the socket is removed');
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  await new Promise((connected) => socket.once('connect', connected));
  return socket;
}

/** All that comes until the other side hangs up. */
async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((closed) => socket.once('close', closed));
  return Buffer.concat(chunks).toString('utf8');
}

test('a question gets its answer, and a failure arrives as the failure that it was', async () => {
  const handler: ControlHandler = async (question) => {
    if (question.command === 'fail') throw new Failure('timed-out', 'Nothing came.', 'Why', 'Wait.');
    return { echo: question };
  };
  await withDoor(handler, async (name) => {
    assert.deepEqual(await askControl(folder, name, { command: 'x', text: 'grüezi\n' }, patient), {
      v: 1,
      echo: { v: 1, command: 'x', text: 'grüezi\n' },
    });
    await assert.rejects(
      askControl(folder, name, { command: 'fail' }, patient),
      (error: Failure) => error.kind === 'timed-out' && error.message === 'Nothing came.' && error.why === 'Why' && error.next === 'Wait.',
    );
  });
});

test('nobody of that name is null, whether there never was one or it was killed', async () => {
  assert.equal(await askControl(folder, 'nobody', {}, patient), null);
  const path = controlPath(folder, 'killed');
  const server = createServer().listen(path);
  await new Promise((ready) => server.once('listening', ready));
  // What a killed process leaves: a socket on disk that nobody listens at.
  const kept = join(folder, 'kept.sock');
  linkSync(path, kept);
  await new Promise((closed) => server.close(closed));
  assert.equal(await askControl(folder, 'kept', {}, patient), null);
  const door = await ControlSocket.open(folder, 'kept', 'The test', echo);
  assert.deepEqual(await askControl(folder, 'kept', { a: 1 }, patient), { v: 1, echo: { v: 1, a: 1 } });
  await door.close();
});

test('a second node of the same name is refused with the number of the first, which goes on', async () => {
  await withDoor(echo, async (name) => {
    await assert.rejects(
      ControlSocket.open(folder, name, 'The test', echo),
      (error: Failure) => error.kind === 'failed' && error.message.includes(`process ${process.pid}`),
    );
    assert.ok((await askControl(folder, name, {}, patient)) !== null);
  });
});

test('nobody else may enter: the folder is 0700 and the socket 0600, also where the folder was open before', async (t) => {
  if (process.platform === 'win32') return t.skip('no such modes');
  const wide = join(folder, 'wide');
  mkdirSync(wide);
  chmodSync(wide, 0o777);
  const door = await ControlSocket.open(wide, 'x', 'The test', echo);
  assert.deepEqual([statSync(wide).mode & 0o777, statSync(door.path).mode & 0o777], [0o700, 0o600]);
  await door.close();
});

test('what is no question is refused and hung up on, and others are served as before', async () => {
  const deep = '['.repeat(QUESTION_BYTES_MAX - 1);
  const garbage: readonly (readonly [string, Buffer])[] = [
    ['no JSON', Buffer.from('hello\n')],
    ['no object', Buffer.from('[1]\n')],
    ['null', Buffer.from('null\n')],
    ['nothing', Buffer.from('\n')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['bytes', Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 151) & 0xff))],
    ['nesting', Buffer.from(`${deep}\n`)],
    ['a line that is too long', Buffer.from(`{"a":"${'x'.repeat(QUESTION_BYTES_MAX)}"}\n`)],
    ['a line without end', Buffer.alloc(1 << 20, 0x20)],
  ];
  await withDoor(echo, async (name, path) => {
    for (const [what, bytes] of garbage) {
      const socket = await open(path);
      socket.write(bytes);
      const said = await everything(socket);
      assert.match(said, /^\{"v":1,"failure":\{"kind":"usage"[^\n]*\}\n$/, what);
      assert.ok((await askControl(folder, name, {}, patient)) !== null, what);
    }
  });
});

test('a name like __proto__ in a question is a name like any other', async () => {
  const got: JsonObject[] = [];
  const keep: ControlHandler = async (question) => {
    got.push(question);
    return {};
  };
  await withDoor(keep, async (_name, path) => {
    const socket = await open(path);
    socket.end('{"__proto__":{"command":"x"}}\n');
    await everything(socket);
  });
  assert.equal(Object.hasOwn(got[0] as JsonObject, 'command'), false);
  assert.equal(({} as { command?: string }).command, undefined);
});

test('questions of one connection are answered in order, one at a time, and also when the asker has closed its side', async () => {
  let atOnce = 0;
  const slow: ControlHandler = async ({ number }) => {
    assert.equal(++atOnce, 1);
    await new Promise((later) => setImmediate(later));
    atOnce--;
    return { number };
  };
  await withDoor(slow, async (_name, path) => {
    const socket = await open(path);
    socket.end(Array.from({ length: 100 }, (_, number) => `{"number":${number}}\n`).join(''));
    const answers = (await everything(socket)).trim().split('\n');
    assert.deepEqual(
      answers.map((answer) => (JSON.parse(answer) as { number: number }).number),
      Array.from({ length: 100 }, (_, number) => number),
    );
  });
});

test('more connections than are served are hung up on, and room comes back', async () => {
  await withDoor(echo, async (name, path) => {
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS_MAX }, () => open(path)));
    await assert.rejects(askControl(folder, name, {}, patient), (error: Failure) => error.kind === 'unreachable');
    const closed = new Promise((done) => sockets[0]?.once('close', done));
    sockets[0]?.end();
    await closed;
    assert.ok((await askControl(folder, name, {}, patient)) !== null);
    for (const socket of sockets) socket.destroy();
  });
});

test('an answer under way leaves before the door closes', async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const name = 'closing';
  const door = await ControlSocket.open(folder, name, 'The test', async () => {
    onAsked();
    await mayAnswer;
    return { last: true };
  });
  const answered = askControl(folder, name, {}, patient);
  await asked;
  const closing = door.close();
  answer();
  await closing;
  assert.deepEqual(await answered, { v: 1, last: true });
});

test('who asks can give up, and something else at that path is told apart', async () => {
  const name = 'silent';
  const server = createServer((socket) => void socket.resume()).listen(controlPath(folder, name));
  const strange = createServer((socket) => void socket.resume().end('220 hello\n')).listen(controlPath(folder, 'smtp'));
  const given = new AbortController();
  server.once('connection', () => given.abort(new Failure('timed-out', 'Enough.', '', '')));
  await assert.rejects(askControl(folder, name, {}, given.signal), /Enough/);
  await assert.rejects(askControl(folder, 'smtp', {}, patient), /cannot be understood/);
  for (const each of [server, strange]) await new Promise((closed) => each.close(closed));
});

test('a path that is too long for a socket is told before anything is made, and a folder of nobody is no folder', async () => {
  const long = join(folder, 'x'.repeat(100));
  assert.deepEqual([canControl(folder, 'x'.repeat(200)), canControl(folder, 'short')], [false, true]);
  await assert.rejects(ControlSocket.open(long, 'a', 'The test', echo), /too long for a socket/);
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(ControlSocket.open(join(folder, 'file'), 'a', 'The test', echo), Failure);
});

async function* counting(to: number): AsyncGenerator<JsonObject> {
  for (let count = 1; count <= to; count++) yield { count, padding: 'x'.repeat(1_000) };
}

test('an answer of many objects arrives whole and in order, and ends the connection', async () => {
  await withDoor(
    async () => counting(3_000),
    async (name) => {
      const counts: unknown[] = [];
      for await (const { count } of (await followControl(folder, name, {}, patient)) ?? []) counts.push(count);
      assert.deepEqual(
        counts,
        Array.from({ length: 3_000 }, (_, index) => index + 1),
      );
    },
  );
});

test('who asked for many answers and goes away ends them: the node hears it by the signal', async () => {
  const gone = Promise.withResolvers<void>();
  async function* endless(signal: AbortSignal): AsyncGenerator<JsonObject> {
    signal.addEventListener('abort', () => gone.resolve());
    yield { first: true };
    await gone.promise;
  }
  await withDoor(
    async (_question, signal) => endless(signal),
    async (name) => {
      for await (const { first } of (await followControl(folder, name, {}, patient)) ?? []) {
        assert.equal(first, true);
        break;
      }
      await gone.promise;
      assert.equal(await followControl(folder, 'nobody-at-all', {}, patient), null);
    },
  );
});

test('a failure in the midst of many answers arrives as the failure that it was', async () => {
  async function* failing(): AsyncGenerator<JsonObject> {
    yield { first: true };
    throw new Failure('no-space', 'Full.', '', '');
  }
  await withDoor(
    async () => failing(),
    async (name) => {
      const read = async (): Promise<void> => {
        for await (const answer of (await followControl(folder, name, {}, patient)) ?? []) assert.equal(answer.first, true);
      };
      await assert.rejects(read(), (error: Failure) => error.kind === 'no-space');
    },
  );
});
