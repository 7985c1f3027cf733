import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TransferView } from '../../src/node/node-view.ts';
import { events, type KithProcess, Room } from './kith-process.ts';

const ANY_PORTS = ['--port', '0', '--tracker-port', '0'];
const BIG_BYTES = 8 << 20;

/** Who has what the node is told to fetch. */
const elsewhere = new Room();
after(() => elsewhere.close());
const big = join(elsewhere.folder, 'big.bin');
writeFileSync(big, randomBytes(BIG_BYTES));
const sharing = elsewhere.start(['share', big, ...ANY_PORTS, '--limit-up', '16MB']);
const link = await sharing.link();

async function withRoom(use: (room: Room) => Promise<void>): Promise<void> {
  const room = new Room();
  try {
    await use(room);
  } finally {
    await room.run(['down']);
    await room.close();
  }
}

/** A node without anything in its share folder. */
async function up(room: Room, ...args: string[]): Promise<KithProcess> {
  mkdirSync(join(room.folder, 'none'), { recursive: true });
  const node = room.start(['up', '--json', '--folder', join(room.folder, 'none'), ...ANY_PORTS, ...args]);
  await node.saying(/"event":"ready"/);
  return node;
}

async function listed(room: Room): Promise<readonly TransferView[]> {
  const { code, stdout, stderr } = await room.run(['ls', '--json']);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { transfers: TransferView[] }).transfers;
}

test('a node that was killed again and again goes on where it was: no byte that was checked is lost', async () => {
  await withRoom(async (room) => {
    const target = join(room.folder, 'got');
    let node = await up(room, '--limit-down', '4MB');
    const added = await room.run(['get', '--add', link, '-o', target]);
    assert.deepEqual([added.code, added.stdout], [0, '1\n'], added.stderr);
    let before = 0;
    for (let kills = 0; kills < 3; kills++) {
      let [view] = await listed(room);
      while ((view?.haveBytes ?? 0) <= before + (BIG_BYTES >> 4)) [view] = await listed(room);
      before = view?.haveBytes ?? 0;
      node.kill('SIGKILL');
      await node.ended;
      const [left] = await listed(room);
      assert.deepEqual([left?.infoHash, left?.state], [view?.infoHash, 'stopped']);
      node = await up(room, '--limit-down', '4MB');
      [view] = await listed(room);
      while (view === undefined || !['downloading', 'seeding'].includes(view.state)) [view] = await listed(room);
      assert.ok(view.haveBytes >= before, `${before} bytes were checked, ${view.haveBytes} were left`);
    }
    const got = await room.run(['get', link, '-o', target]);
    assert.deepEqual([got.code, got.stdout], [0, `${join(target, 'big.bin')}\n`], got.stderr);
    assert.ok(readFileSync(join(target, 'big.bin')).equals(readFileSync(big)));
  });
});

test('get leaves its work to the node: Ctrl-C ends the command alone, and the same command follows again', async () => {
  await withRoom(async (room) => {
    await up(room);
    const first = room.start(['get', link, '--json', '--limit-down', '2MB']);
    await first.saying(/"event":"progress".*"state":"downloading"/);
    first.kill('SIGINT');
    const { code, stdout, stderr } = await first.ended;
    assert.equal(code, 130, stderr);
    assert.match(JSON.stringify(events(stdout).at(-1)), /goes on in the node/);
    assert.equal((await room.run(['limit', 'big', '--down', '0'])).code, 0);
    const second = await room.run(['get', link]);
    assert.deepEqual([second.code, second.stdout], [0, `${join(room.here, 'big.bin')}\n`], second.stderr);
    assert.match(second.stderr, /has big\.bin already/);
    assert.equal((await listed(room)).length, 1);
  });
});

test('pause, info, change, limit, verify and rm do what they say, by number, hash and name', async () => {
  await withRoom(async (room) => {
    await up(room);
    const target = join(room.folder, 'got');
    assert.equal((await room.run(['get', link, '-o', target, '--label', 'films'])).code, 0);
    const [{ infoHash }] = (await listed(room)) as [TransferView];
    assert.match((await room.run(['pause', '1'])).stdout, /big\.bin: paused/);
    assert.match((await room.run(['info', infoHash.slice(0, 6)])).stdout, /^state +paused$/m);
    assert.match((await room.run(['info', 'big', '--files'])).stdout, /^1 +8\.4 MB +100% +normal +big\.bin\n$/);
    assert.equal((await room.run(['change', '1', '--label', 'two'])).code, 0);
    assert.match((await room.run(['ls', '--label', 'two'])).stdout, /big\.bin {2}\[films, two\]/);
    assert.match((await room.run(['limit', '1', '--up', '1MB'])).stdout, /up 1\.0 MB\/s, down no limit/);
    assert.match((await room.run(['limit', '--up', '2MB'])).stdout, /^limit\.up +2\.0 MB\/s$/m);
    assert.equal((await room.run(['config', 'get', 'limit.up'])).stdout, '2000000\n');
    assert.match((await room.run(['config', 'set', 'limit.up', '3MB'])).stderr, /running node keeps to it/);
    assert.match((await room.run(['limit'])).stdout, /^limit\.up +3\.0 MB\/s$/m);
    assert.equal((await room.run(['config', 'set', 'limit.schedule', 'sat,sun up=1MB'])).code, 0);
    assert.match((await room.run(['limit'])).stdout, /^limit\.schedule +sat,sun up=1MB$/m);
    assert.match((await room.run(['config', 'set', 'listen.port', '7000'])).stderr, /when it is started again/);
    assert.deepEqual(await verified(room), [0, 'big.bin: whole\n']);
    const bytes = readFileSync(join(target, 'big.bin'));
    writeFileSync(join(target, 'big.bin'), bytes.fill(0, 5_000_000, 5_000_010));
    assert.deepEqual(await verified(room), [8, 'big.bin: 16 kB of 8.4 MB missing or damaged\n']);
    assert.match((await room.run(['resume', 'big'])).stdout, /big\.bin/);
    assert.equal((await room.run(['rm', 'big.bin', '--data'])).code, 0);
    assert.deepEqual([await listed(room), existsSync(join(target, 'big.bin'))], [[], false]);
  });
});

async function verified(room: Room): Promise<readonly [number | null, string]> {
  const { code, stdout } = await room.run(['verify', '1']);
  return [code, stdout];
}

test('share leaves its work to the node too, which shares on after a restart', async () => {
  await withRoom(async (room) => {
    const file = join(room.folder, 'report.pdf');
    writeFileSync(file, randomBytes(100_000));
    await up(room);
    const shared = await room.run(['share', file, '--torrent', join(room.folder, 'report.torrent')]);
    assert.deepEqual([shared.code, /^magnet:\?\S+&tr=\S+\n$/.test(shared.stdout)], [0, true], shared.stderr);
    assert.equal((await room.run(['down'])).code, 0);
    await up(room);
    const [{ link: again }] = (await listed(room)) as [TransferView];
    const got = await elsewhere.run(['get', again, '-o', join(elsewhere.folder, 'taken'), '--timeout', '20']);
    assert.equal(got.code, 0, got.stderr);
    assert.ok(readFileSync(join(elsewhere.folder, 'taken/report.pdf')).equals(readFileSync(file)));
    assert.match((await room.run(['rm', '1', '--data'])).stderr, /not for kith to remove/);
    assert.equal((await room.run(['rm', '1'])).code, 0);
    assert.ok(existsSync(file));
  });
});

test('--alone and options of a session do it without the node', async () => {
  await withRoom(async (room) => {
    await up(room);
    for (const [name, option] of [
      ['one', '--alone'],
      ['two', '--no-lsd'],
    ] as const) {
      const got = await room.run(['get', link, '-o', join(room.folder, name), option]);
      assert.deepEqual([got.code, got.stdout], [0, `${join(room.folder, name, 'big.bin')}\n`], got.stderr);
    }
    assert.deepEqual(await listed(room), []);
  });
});

test('up --detach comes back when the node answers, and down when it has gone, within three seconds', async () => {
  await withRoom(async (room) => {
    assert.equal((await room.run(['status'])).code, 3);
    assert.equal((await room.run(['up', '--detach', ...ANY_PORTS])).code, 0);
    const { code, stdout } = await room.run(['status', '--json']);
    const status = JSON.parse(stdout) as { v: number; running: boolean; pid: number };
    assert.deepEqual([code, status.v, status.running], [0, 1, true]);
    const again = await room.run(['up', '--detach', ...ANY_PORTS]);
    assert.deepEqual([again.code, /running already/.test(again.stderr)], [1, true]);
    const from = performance.now();
    assert.equal((await room.run(['down'])).code, 0);
    assert.ok(performance.now() - from < 3_500);
    assert.throws(() => process.kill(status.pid, 0));
    assert.equal((await room.run(['down'])).code, 0);
    assert.match(readFileSync(join(room.folder, 'state/kith/node.log'), 'utf8'), /"msg":"ready"/);
  });
});

test('up --detach that cannot start says why', async () => {
  await withRoom(async (room) => {
    writeFileSync(join(room.folder, 'file'), '');
    const { code, stderr } = await room.run(['up', '--detach', '--folder', join(room.folder, 'file'), ...ANY_PORTS]);
    assert.deepEqual([code, /did not start[\s\S]*file/.test(stderr)], [1, true], stderr);
  });
});

test('a node ended by down ends with code 0', async () => {
  await withRoom(async (room) => {
    const node = await up(room);
    await room.run(['down']);
    assert.equal((await node.ended).code, 0);
  });
});

test('top is lines of JSON when asked, plain lines when piped, and ends with the node', async () => {
  await withRoom(async (room) => {
    await up(room);
    const plain = room.start(['top']);
    const json = room.start(['top', '--json']);
    await plain.saying(/^0 transfers, 0 peers/m);
    await json.saying(/"event":"progress"/);
    assert.equal((await room.run(['get', link, '-o', join(room.folder, 'got')])).code, 0);
    await plain.saying(/^added: big\.bin[\s\S]*^completed: big\.bin/m);
    await room.run(['down']);
    assert.deepEqual([(await plain.ended).code, (await json.ended).code], [0, 0]);
    const seen = events(json.stdout);
    const numbers = seen.filter(({ event }) => event !== 'progress').map(({ sequence }) => sequence as number);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    for (const event of ['added', 'metadata', 'completed'])
      assert.ok(
        seen.some((each) => each.event === event && each.v === 1),
        event,
      );
  });
});

test('commands that need the node say so with code 5, and ls shows what it will go on with', async () => {
  await withRoom(async (room) => {
    for (const args of [['info', '1'], ['pause', '--all'], ['rm', '1'], ['limit'], ['top'], ['get', '--add', link]]) {
      const { code, stderr } = await room.run(args);
      assert.deepEqual([code, /The node is not running[\s\S]*up/.test(stderr)], [5, true], args.join(' '));
    }
    const none = await room.run(['ls']);
    assert.deepEqual([none.code, none.stdout], [0, '']);
  });
});

test('a transfer that is none is code 3, one that could be several code 2, and none at all code 2', async () => {
  await withRoom(async (room) => {
    await up(room);
    for (const digit of ['a', 'b']) await room.run(['get', '--add', digit.repeat(40), '--peer', '127.0.0.1:1']);
    assert.deepEqual([(await room.run(['pause', 'nothing'])).code, (await room.run(['pause'])).code], [3, 2]);
    const { code, stderr } = await room.run(['pause', 'aaaa', 'bbbb', 'a']);
    assert.deepEqual([code, stderr], [0, '']);
    await room.run(['get', '--add', `a${'c'.repeat(39)}`, '--peer', '127.0.0.1:1']);
    const several = await room.run(['pause', 'a']);
    assert.deepEqual([several.code, /could be 2 transfers/.test(several.stderr)], [2, true]);
  });
});

test('doctor finds nothing wrong where nothing is, and ends with code 10 where a folder cannot be written', async () => {
  await withRoom(async (room) => {
    await up(room);
    const well = await room.run(['doctor']);
    assert.deepEqual([well.code, /✓ port +Peers can come/.test(well.stdout)], [0, true], well.stdout);
    writeFileSync(join(room.folder, 'file'), '');
    const ill = await room.run(['doctor', '--json'], { KITH_NODE_FOLDER: join(room.folder, 'file') });
    const { wrong } = JSON.parse(ill.stdout) as { wrong: number };
    assert.deepEqual([ill.code, wrong], [10, 1], ill.stdout);
  });
});
