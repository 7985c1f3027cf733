/** Fifty FastTrack nodes, each a process of its own on loopback; a third of them, supernodes among them, is killed at once. */

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { ProcessGroup, until } from './peers/process-group.ts';

const SCRIPT = resolve(import.meta.dirname, '../fasttrack/node-process.ts');
const NODES = 50;
const FIRST_SUPERNODES = 3;
const STARTING_MAX = 8;
const START_MS_MAX = 40_000;
const SETTLE_MS_MAX = 90_000;
const ANSWER_MS_MAX = 30_000;
const SEED = Number(process.env.KITH_SEED ?? 1);

interface State {
  readonly role: 'ordinary' | 'supernode';
  readonly attached: boolean;
  readonly children: number;
  readonly links: number;
}

class Member {
  readonly name: string;
  readonly process: ProcessGroup;
  readonly #lines: string[] = [];

  constructor(role: string, name: string, nodes: readonly string[]) {
    this.name = name;
    this.process = new ProcessGroup(process.execPath, [SCRIPT, role, name, ...nodes], { onLine: (line) => this.#lines.push(line) });
  }

  async address(): Promise<string> {
    return this.#said('at', START_MS_MAX);
  }

  async state(): Promise<State> {
    this.process.write('state');
    // The process says what `inspect` gives, which has these.
    return JSON.parse(await this.#said('state', ANSWER_MS_MAX)) as State;
  }

  async found(words: string): Promise<number> {
    this.process.write(words);
    return Number(await this.#said('found', ANSWER_MS_MAX));
  }

  async #said(what: string, timeoutMs: number): Promise<string> {
    return until(
      `${this.name} to say ${what}`,
      timeoutMs,
      () => {
        if (this.process.exited) throw new Error(`it ended: ${this.process.lastWords}`);
        const at = this.#lines.findIndex((line) => line.startsWith(`${what} `));
        return at >= 0 && (this.#lines.splice(at, 1)[0] as string).slice(what.length + 1);
      },
      () => this.process.lastWords,
    );
  }
}

/** Everybody is a supernode or under one, and every supernode knows all that its children share. */
async function settled(members: readonly Member[]): Promise<readonly State[]> {
  let states: State[] = [];
  return until(
    `${members.length} nodes in their places`,
    SETTLE_MS_MAX,
    async () => {
      states = await Promise.all(members.map((member) => member.state()));
      const supernodes = states.filter(({ role }) => role === 'supernode');
      const children = supernodes.reduce((sum, state) => sum + state.children, 0);
      const isPlaced = states.every(({ role, attached }) => role === 'supernode' || attached);
      const isLinked = supernodes.every(({ links }) => links === supernodes.length - 1);
      return isPlaced && isLinked && children === members.length - supernodes.length && states;
    },
    () => JSON.stringify(states),
  );
}

test('fifty processes elect supernodes among themselves, and searches go on when a third is killed', { timeout: 400_000 }, async (t) => {
  const random = new Random(SEED);
  const members: Member[] = [];
  t.after(async () => {
    for (const { process: each } of members) each.kill('SIGKILL');
    await Promise.all(members.map(({ process: each }) => each.stop()));
  });
  const first: string[] = [];
  while (members.length < FIRST_SUPERNODES) {
    const member = new Member('supernode', `s${members.length}`, first);
    members.push(member);
    first.push(await member.address());
  }
  while (members.length < NODES) {
    const wave = Array.from(
      { length: Math.min(STARTING_MAX, NODES - members.length) },
      (_, index) => new Member('auto', `n${members.length + index}`, first),
    );
    members.push(...wave);
    await Promise.all(wave.map((member) => member.address()));
  }
  const before = await settled(members);
  const supernodes = before.filter(({ role }) => role === 'supernode').length;
  // Three have places for 36: more had to be elected.
  assert.ok(supernodes > FIRST_SUPERNODES && supernodes < NODES / 2, `seed ${SEED}: ${supernodes} supernodes`);
  const last = members.at(-1) as Member;
  assert.equal(await last.found('common'), NODES - 1, `seed ${SEED}`);

  // The last stays, to search again.
  const doomed = random.shuffle(members.slice(0, -1)).slice(0, Math.floor(NODES / 3));
  for (const member of doomed) {
    member.process.kill('SIGKILL');
    members.splice(members.indexOf(member), 1);
  }
  await settled(members);
  assert.equal(await last.found('common'), members.length - 1, `seed ${SEED}`);
});
