import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointOf } from './endpoint.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Timer } from './host.ts';
import { namedEndpoint } from './named-endpoint.ts';
import { Random } from './random.ts';
import { RPC_DEFAULTS, RPC_FULL, Rpc, type RpcOperation } from './rpc.ts';

const ALICE = 1 as Peer;
const MALLORY = 2 as Peer;
/** Known by a name that only a proxy can look up. */
const NAMED = 3 as Peer;
const KIND = 7;

/** A clock, one timer at most, and an Rpc of strings; `heard` tells what operations were told. */
class World {
  nowMs = 0;
  dueAtMs = Number.POSITIVE_INFINITY;
  timersSet = 0;
  readonly heard: string[] = [];
  readonly rpc: Rpc<string>;

  constructor(options: Partial<typeof RPC_DEFAULTS> = {}) {
    const host: Pick<Host, 'now' | 'random' | 'endpoint' | 'setTimer' | 'clearTimer'> = {
      endpoint: (peer) => (peer === NAMED ? namedEndpoint(0, 6881) : (endpointOf('192.0.2.1', peer) as Endpoint)),
      now: () => this.nowMs,
      random: new Random(1),
      setTimer: (delayMs: number, kind: number): Timer => {
        assert.equal(kind, KIND);
        assert.equal(this.dueAtMs, Number.POSITIVE_INFINITY, 'one timer at a time');
        this.dueAtMs = this.nowMs + delayMs;
        this.timersSet++;
        return 1 as Timer;
      },
      clearTimer: (timer: Timer) => {
        if (timer !== NO_TIMER) this.dueAtMs = Number.POSITIVE_INFINITY;
      },
    };
    this.rpc = new Rpc(host as Host, { ...RPC_DEFAULTS, timerKind: KIND, ...options });
  }

  operation(name: string): RpcOperation<string> {
    return {
      onReply: (reply, from, rttMs) => this.heard.push(`${name} reply ${reply} from ${from} after ${rttMs}`),
      onSlow: () => this.heard.push(`${name} slow at ${this.nowMs}`),
      onTimeout: () => this.heard.push(`${name} timeout at ${this.nowMs}`),
    };
  }

  /** Lets the clock run to that moment. */
  until(ms: number): void {
    while (this.dueAtMs <= ms) {
      this.nowMs = this.dueAtMs;
      this.dueAtMs = Number.POSITIVE_INFINITY;
      this.rpc.onTimer();
    }
    this.nowMs = ms;
  }
}

test('a reply reaches its operation once, with the time it took', () => {
  const world = new World();
  const transaction = world.rpc.open(ALICE, world.operation('a'));
  world.until(30);
  assert.ok(world.rpc.reply(ALICE, transaction, 'hello'));
  assert.equal(world.rpc.reply(ALICE, transaction, 'hello'), false, 'a duplicate');
  assert.deepEqual(world.heard, ['a reply hello from 1 after 30']);
});

test('a reply counts only with the right transaction from the right sender', () => {
  const world = new World();
  const transaction = world.rpc.open(ALICE, world.operation('a'));
  assert.equal(world.rpc.reply(MALLORY, transaction, 'forged'), false);
  assert.equal(world.rpc.reply(ALICE, transaction + 1, 'forged'), false);
  assert.deepEqual(world.heard, []);
  assert.equal(world.rpc.pending, 1);
});

test('silence is told twice: slow, then timeout', () => {
  const world = new World();
  world.rpc.open(ALICE, world.operation('a'));
  world.until(60_000);
  assert.deepEqual(world.heard, ['a slow at 2000', 'a timeout at 10000']);
  assert.equal(world.dueAtMs, Number.POSITIVE_INFINITY, 'no timer when nothing is pending');
});

test('a slow answer still counts', () => {
  const world = new World();
  const transaction = world.rpc.open(ALICE, world.operation('a'));
  world.until(5000);
  assert.ok(world.rpc.reply(ALICE, transaction, 'late'));
  world.until(60_000);
  assert.deepEqual(world.heard, ['a slow at 2000', 'a reply late from 1 after 5000']);
});

test('calls of different ages fall due in their own time, soon after it at most', () => {
  const world = new World();
  for (let call = 0; call < 50; call++) {
    world.until(call * 40);
    world.rpc.open(ALICE, world.operation(String(call)));
  }
  world.until(60_000);
  for (const [what, afterMs] of [
    ['slow', 2000],
    ['timeout', 10_000],
  ] as const) {
    const times = world.heard.filter((line) => line.includes(what)).map((line) => Number(line.split(' at ')[1]));
    assert.equal(times.length, 50);
    for (const [call, at] of times.entries())
      assert.ok(at >= call * 40 + afterMs && at <= call * 40 + afterMs + 125, `${what} ${call} at ${at}`);
  }
  assert.ok(world.timersSet < 60, `${world.timersSet} timers for 50 calls`);
});

test('operations may begin new calls whatever they are told', () => {
  const world = new World();
  let left = 3;
  const again: RpcOperation<string> = { onReply() {}, onSlow() {}, onTimeout: () => void (left-- > 0 && world.rpc.open(ALICE, again)) };
  world.rpc.open(ALICE, again);
  world.until(60_000);
  assert.equal(left, -1);
  assert.equal(world.rpc.pending, 0);
});

test('calls in flight are bounded, and 16-bit ids stay within 16 bits', () => {
  const world = new World({ pendingMax: 100, transactionBits: 16 });
  const ids = Array.from({ length: 100 }, () => world.rpc.open(ALICE, world.operation('a')));
  assert.equal(new Set(ids).size, 100);
  assert.ok(ids.every((id) => id >= 0 && id < 65_536));
  assert.equal(world.rpc.open(ALICE, world.operation('b')), RPC_FULL);
});

test('an abandoned operation hears nothing more; after stop no timer is left', () => {
  const world = new World();
  const [a, b] = [world.operation('a'), world.operation('b')];
  const transaction = world.rpc.open(ALICE, a);
  world.rpc.open(ALICE, b);
  world.rpc.abandon(a);
  assert.equal(world.rpc.reply(ALICE, transaction, 'late'), false);
  world.rpc.stop();
  assert.equal(world.dueAtMs, Number.POSITIVE_INFINITY);
  world.until(60_000);
  assert.deepEqual(world.heard, []);
});

test('who was asked by a name answers from an address that nobody knew', () => {
  const world = new World();
  const transaction = world.rpc.open(NAMED, world.operation('a'));
  assert.equal(world.rpc.reply(MALLORY, transaction ^ 1, 'guessed'), false);
  assert.equal(world.rpc.reply(ALICE, transaction, 'hello'), true);
  assert.deepEqual(world.heard, [`a reply hello from ${ALICE} after 0`]);
});
