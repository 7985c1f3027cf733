/**
 * Fifty users of Napster, each a process, at two linked `kith index` processes: searches, downloads, calls back, and a third of them killed meanwhile, then a server. Too
 * heavy for every `npm test`; what programs of others say is in `test/napster/transcripts.test.ts`, since none of them is installed anywhere any more.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { type KithProcess, Room } from '../cli/kith-process.ts';
import { UserProcess } from '../napster/user-processes.ts';
import { until } from './peers/process-group.ts';

const USERS = 50;
const KILLED = 17;
const STARTING_MAX = 6;
const WAIT_MS_MAX = 180_000;
const SEED = Number(process.env.KITH_SEED ?? 1);
const EVERYWHERE = { id: 1_000, name: 'everywhere.mp3', bytes: 3_000_000 };

function ownOf(number: number): { readonly id: number; readonly name: string; readonly bytes: number } {
  return { id: number + 1, name: `rare song${number}.mp3`, bytes: 1_000_000 + number };
}

async function addressOf(process: KithProcess): Promise<string> {
  return `127.0.0.1:${(await process.saying(/:(\d+)\n/))[1]}`;
}

/** What a search for rare songs has to find. */
function rare(users: readonly UserProcess[]): string[] {
  return users.flatMap(({ isKilled, plan }) => (isKilled ? [] : [`${plan.nick} c:\\music\\${plan.files[0]?.name}`])).sort();
}

test(`${USERS} users of two linked servers, ${KILLED} of them and a server killed: everybody finds what is there, and gets every byte (seed ${SEED})`, async (context) => {
  const random = new Random(SEED);
  const room = new Room();
  const users: UserProcess[] = [];
  context.after(async () => {
    for (const user of users) user.kill();
    await Promise.all(users.map(({ process }) => process.stop()));
    await room.close();
  });
  const word = join(room.folder, 'word.txt');
  writeFileSync(word, 'a word that both know\n');
  const open = ['index', '--open', '--port', '0', '--secret-file', word];
  const first = room.start(open);
  const firstAddress = await addressOf(first);
  const second = room.start([...open, '--link', firstAddress]);
  const addresses = [firstAddress, await addressOf(second)];

  for (let number = 0; number < USERS; number++) {
    const servers = number % 2 === 0 ? addresses : [...addresses].reverse();
    const files = number % 3 === 0 ? [ownOf(number), EVERYWHERE] : [ownOf(number)];
    users.push(new UserProcess({ nick: `user${number}`, firewalled: number % 5 === 0, slots: 20, servers, files }));
    if (number % STARTING_MAX === STARTING_MAX - 1 || number === USERS - 1) await allThere(users);
  }
  for (const number of [0, 7, 23]) await finds(users[number] as UserProcess, users);

  // Everybody gets something: what one has, from whom he can, and what many have.
  const gets = users.flatMap((user, number) => {
    const other = (number + 1 + random.below(USERS - 1)) % USERS;
    const holders = users.filter(({ plan }) => plan.files.length > 1 && !(plan.firewalled && user.plan.firewalled) && plan !== user.plan);
    random.shuffle(holders);
    const isPossible = !(user.plan.firewalled && users[other]?.plan.firewalled);
    return [
      {
        user,
        from: [users[other] as UserProcess],
        result: isPossible ? user.get(ownOf(other), [users[other] as UserProcess]) : Promise.resolve('right'),
      },
      { user, from: holders.slice(0, 8), result: user.get(EVERYWHERE, holders.slice(0, 8)) },
    ];
  });
  // The first has come, and the others are on their way.
  await Promise.race(gets.filter(({ from }) => from.length > 1).map(({ result }) => result));
  const victims = [...users];
  random.shuffle(victims);
  for (const victim of victims.slice(0, KILLED)) victim.kill();
  const results = await Promise.all(gets.map(async ({ user, from, result }) => ({ user, from, result: await result })));
  for (const { user, from, result } of results) {
    if (user.isKilled || from.every(({ isKilled }) => isKilled)) continue;
    assert.equal(result, 'right', `${user.plan.nick} from ${from.map(({ plan }) => plan.nick).join(', ')}`);
  }
  const alive = users.filter(({ isKilled }) => !isKilled);
  for (const user of alive.slice(0, 4)) await finds(user, users);

  // A file is on its way while its server dies; the users of that one go to the other.
  const [getter, giver] = alive.filter(({ plan }) => !plan.firewalled) as [UserProcess, UserProcess];
  const last = getter.get(giver.plan.files[0] as (typeof giver.plan.files)[0], [giver]);
  first.kill('SIGKILL');
  assert.equal(await last, 'right');
  await allThere(alive);
  for (const user of alive.slice(-3)) await finds(user, users);
});

async function allThere(users: readonly UserProcess[]): Promise<void> {
  await until('everybody logged in, and all files told', WAIT_MS_MAX, async () => {
    const states = await Promise.all(users.map((user) => user.state()));
    return states.every((state) => state === null || (state.online && state.complete));
  });
}

/** A search finds exactly what those share who live; the last of them may have come or gone a moment ago. */
async function finds(user: UserProcess, users: readonly UserProcess[]): Promise<void> {
  const expected = rare(users);
  let found: string[] | null = [];
  await until(
    `${user.plan.nick} to find ${expected.length} songs`,
    WAIT_MS_MAX,
    async () => {
      found = await user.search('rare');
      return found !== null && found.join() === expected.join();
    },
    () => `${found?.length} found: ${found?.filter((each) => !expected.includes(each)).join('; ')}`,
  );
}
