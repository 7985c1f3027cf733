/** A network of servents that are processes, on loopback. Owns the processes; they end with the test. */

import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { ProcessGroup, until } from '../interop/peers/process-group.ts';
import type { ServentOrders } from './servent-process.ts';

const SCRIPT = new URL('./servent-process.ts', import.meta.url).pathname;
const STARTING_MAX = 6;
const START_MS_MAX = 40_000;
const SETTLE_MS_MAX = 60_000;
const ANSWER_MS_MAX = 30_000;
const HOSTS_KNOWN = 6;

interface Status {
  readonly role: string;
  readonly leaves: number;
  readonly links: number;
}

class Servent {
  readonly file: string;
  readonly process: ProcessGroup;
  address = '';
  #onAnswer: (line: string) => void = () => {};
  /** One order at a time: answers do not say what they answer. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(index: number, orders: Omit<ServentOrders, 'files'>) {
    this.file = `own${index}`;
    const files = [`${this.file} song.mp3`, 'everybody has this.mp3'];
    this.process = new ProcessGroup(process.execPath, [SCRIPT, JSON.stringify({ ...orders, files })], {
      onLine: (line) => this.#onLine(line),
    });
  }

  /** What it answers to an order. */
  ask(order: string): Promise<unknown> {
    const answered = this.#last.then(() => this.#askNow(order));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async #askNow(order: string): Promise<unknown> {
    let answer: string | null = null;
    this.#onAnswer = (line) => {
      answer = line;
    };
    this.process.write(order);
    const line = await until(`an answer to ${order}`, ANSWER_MS_MAX, () => {
      if (this.process.exited) throw new Error(`it ended: ${this.process.lastWords}`);
      return answer;
    });
    return JSON.parse(line);
  }

  async status(): Promise<Status> {
    return (await this.ask('status')) as Status;
  }

  #onLine(line: string): void {
    if (this.address === '') this.address = line;
    else this.#onAnswer(line);
  }
}

export class ProcessNetwork {
  readonly random: Random;
  readonly servents: Servent[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** So many more, each of which knows a few of those before it. */
  async grow(count: number): Promise<void> {
    const wanted = this.servents.length + count;
    while (this.servents.length < wanted) {
      const there = [...this.servents];
      const wave = there.length === 0 ? 1 : Math.min(STARTING_MAX, wanted - there.length);
      for (let index = 0; index < wave; index++) {
        const hosts = Array.from(
          { length: Math.min(HOSTS_KNOWN, there.length) },
          () => (there[this.random.below(there.length)] as Servent).address,
        );
        this.servents.push(new Servent(this.servents.length, { hosts, mode: 'auto' }));
      }
      await until('the addresses of a wave', START_MS_MAX, () => this.servents.every(({ address }) => address !== ''));
    }
  }

  /** Until nobody is alone, and somebody is an ultrapeer. */
  async settled(): Promise<readonly Status[]> {
    let last: readonly Status[] = [];
    return until(
      `a network of ${this.servents.length} servents`,
      SETTLE_MS_MAX,
      async () => {
        last = await Promise.all(this.servents.map((servent) => servent.status()));
        return last.every(({ leaves, links }) => leaves + links > 0) && last.some(({ role }) => role === 'ultrapeer') && last;
      },
      () => JSON.stringify(last.map(({ role, leaves, links }) => `${role} ${leaves} ${links}`)),
    );
  }

  /** How many of so many searches, each for what one of the others has, find it. */
  async success(count: number): Promise<number> {
    const looked = Array.from({ length: count }, async () => {
      const [asker, holder] = this.random.shuffle([...this.servents]) as [Servent, Servent];
      const names = (await asker.ask(`search ${holder.file}`)) as string[];
      for (const name of names) assert.equal(name, `${holder.file} song.mp3`);
      return names.length;
    });
    const found = await Promise.all(looked);
    return found.filter((hits) => hits > 0).length / count;
  }

  /** Without a word. */
  kill(count: number): void {
    for (const servent of this.random.shuffle([...this.servents]).slice(0, count)) {
      servent.process.kill('SIGKILL');
      this.servents.splice(this.servents.indexOf(servent), 1);
    }
  }

  async close(): Promise<void> {
    for (const { process } of this.servents) process.kill('SIGKILL');
    await Promise.all(this.servents.map(({ process }) => process.stop()));
  }
}

/** They find each other and each other's files, and those that are left do so when a part of them has been killed. */
export async function searchesThroughKills(seed: number, count: number, killed: number, searches: number): Promise<void> {
  const network = new ProcessNetwork(seed);
  try {
    await network.grow(count);
    await network.settled();
    assert.ok((await network.success(searches)) >= 0.9, `seed ${seed}: searches among ${count}`);
    network.kill(killed);
    const status = await network.settled();
    assert.ok((await network.success(searches)) >= 0.85, `seed ${seed}: searches among ${count - killed}: ${JSON.stringify(status)}`);
  } finally {
    await network.close();
  }
}
