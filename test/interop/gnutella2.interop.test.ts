/** Gnutella2 among fifty processes: hubs elect themselves, everybody finds everything, and a third may be killed at once. */

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { SEED } from '../codec-laws.ts';
import type { NodeAnswer } from '../gnutella2/node-process.ts';
import { ProcessGroup, until } from './peers/process-group.ts';

const NODES = 50;
const KILLED = 17;
const SEARCHES = 40;
const STARTING_MAX = 6;
const SCRIPT = resolve(import.meta.dirname, '../gnutella2/node-process.ts');
const START_MS_MAX = 30_000;
const SETTLE_MS_MAX = 90_000;
const ANSWER_MS_MAX = 60_000;

class Member {
  readonly index: number;
  address = '';
  readonly process: ProcessGroup;
  private readonly answers: NodeAnswer[] = [];

  constructor(index: number, bootstrap: readonly string[]) {
    this.index = index;
    this.process = new ProcessGroup(process.execPath, [SCRIPT, `${index}`, ...bootstrap], {
      onLine: (line) => {
        if (this.address === '') this.address = line;
        else this.answers.push(JSON.parse(line) as NodeAnswer); // The process writes nothing else.
      },
    });
  }

  async ask(words: string): Promise<NodeAnswer> {
    const before = this.answers.length;
    this.process.write(words);
    return until(
      `an answer of node ${this.index} to "${words}"`,
      ANSWER_MS_MAX,
      () => this.answers.slice(before).find((answer) => answer.words === words) ?? null,
      () => this.process.lastWords,
    );
  }
}

const random = new Random(SEED, 22);
const members: Member[] = [];
after(() => Promise.all(members.map((member) => member.process.stop())));

function pick(): Member {
  return members[random.below(members.length)] as Member;
}

/** Whoever is a leaf has a hub, and whoever is a hub has somebody. */
async function settled(): Promise<readonly NodeAnswer[]> {
  return until(`${members.length} nodes in one network`, SETTLE_MS_MAX, async () => {
    const all = await Promise.all(members.map((member) => member.ask('')));
    return all.every(({ isHub, hubs, leaves }) => hubs > 0 || (isHub && leaves > 0)) && all;
  });
}

/** Right after a change a search may come too early; it is made again, in bounds. */
async function assertAllFound(): Promise<void> {
  for (let count = 0; count < SEARCHES; count++) {
    const [from, to] = [pick(), pick()];
    if (from === to) continue;
    const name = `song${to.index} singer${to.index}.mp3`;
    await until(`${name} from node ${from.index}, seed ${SEED}`, SETTLE_MS_MAX, async () =>
      (await from.ask(`song${to.index} singer${to.index}`)).names.includes(name),
    );
  }
}

test('fifty processes make a network in which everybody finds everything', { timeout: 300_000 }, async () => {
  while (members.length < NODES) {
    const bootstrap = random
      .shuffle([...members])
      .slice(0, 4)
      .map((member) => member.address);
    const wave = members.length === 0 ? 1 : Math.min(STARTING_MAX, NODES - members.length);
    const fresh = Array.from({ length: wave }, (_, each) => new Member(members.length + each, bootstrap));
    members.push(...fresh);
    await until(
      'the addresses of new nodes',
      START_MS_MAX,
      () => fresh.every((member) => member.address !== ''),
      () => fresh.map((member) => member.process.lastWords).join('\n'),
    );
  }
  const all = await settled();
  const hubs = all.filter(({ isHub }) => isHub).length;
  assert.ok(hubs >= 4 && hubs < NODES / 2, `${hubs} hubs for ${NODES} nodes with places for 12 leaves each`);
  await assertAllFound();
});

test('a third of them is killed at once, and those that are left find each other', { timeout: 300_000 }, async () => {
  const killed = random.shuffle([...members]).slice(0, KILLED);
  for (const member of killed) {
    members.splice(members.indexOf(member), 1);
    member.process.kill('SIGKILL');
  }
  await Promise.all(killed.map((member) => member.process.stop()));
  await settled();
  await assertAllFound();
});
