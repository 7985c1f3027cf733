import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../sim/world.ts';
import type { Host, Protocol } from './host.ts';
import { SideBySide, TIMER_KINDS_MAX } from './side-by-side.ts';

class Alarm implements Protocol {
  readonly log: string[];
  private readonly host: Host;
  private readonly name: string;

  constructor(host: Host, name: string, log: string[]) {
    this.host = host;
    this.name = name;
    this.log = log;
  }

  start(): void {
    this.log.push(`${this.name} starts`);
    for (const kind of [0, TIMER_KINDS_MAX - 1]) this.host.setTimer(10, kind, this.name.length);
    this.host.clearTimer(this.host.setTimer(5, 1, 0));
  }

  onTimer(kind: number, arg: number): void {
    this.log.push(`${this.name} ${kind} ${arg}`);
  }

  stop(): void {
    this.log.push(`${this.name} stops`);
  }

  inspect(): unknown {
    return this.name;
  }
}

test('each of several protocols gets its own timers, starts in turn and stops before those it was added after', () => {
  const world = new World({ seed: 1 });
  const log: string[] = [];
  const node = world.addNode((host) => {
    const both = new SideBySide(host);
    both.add((place) => new Alarm(place, 'a', log));
    both.add((place) => new Alarm(place, 'bb', log));
    return both;
  });
  world.runFor(100);
  const last = TIMER_KINDS_MAX - 1;
  assert.deepEqual(log, ['a starts', 'bb starts', 'a 0 1', `a ${last} 1`, 'bb 0 2', `bb ${last} 2`]);
  assert.deepEqual(node.protocol.inspect(), ['a', 'bb']);
  world.leave(node);
  assert.deepEqual(log.slice(6), ['bb stops', 'a stops']);
});

test('a protocol whose timers would be taken for those of another is told so', () => {
  const world = new World({ seed: 1 });
  const both = new SideBySide(world.addNode((host) => new SideBySide(host)).host);
  both.add((place) => {
    assert.throws(() => place.setTimer(1, TIMER_KINDS_MAX, 0), RangeError);
    return new Alarm(place, 'a', []);
  });
});
