import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Host, Protocol, Stream, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { httpRequest, httpResponses } from '../../wire/http.ts';
import type { HttpResponse } from '../../wire/http-head.ts';
import { formatCacheAnswer, parseCacheAnswer, TAKEN } from './cache-answer.ts';
import { formatCacheQuery, parseCacheQuery } from './cache-request.ts';
import { Introducer } from './introducer.ts';
import type { IntroducerOptions } from './introducer-options.ts';

const FUZZ_INPUTS = Number(process.env.KITH_FUZZ ?? 10_000);
const HOUR_MS = 3_600_000;

/** Somebody who asks over one connection, and may take connections himself. */
class Asker implements Protocol, StreamAcceptor<HttpResponse>, StreamHandler<HttpResponse> {
  readonly heard: string[] = [];
  status = 0;
  visits = 0;
  closed = false;
  private readonly host: Host;
  private readonly server: Uint8Array;
  private readonly listens: boolean;
  private stream: Stream | null = null;

  constructor(host: Host, server: Uint8Array, listens: boolean) {
    this.host = host;
    this.server = server;
    this.listens = listens;
  }

  start(): void {
    this.stream = this.host.connect(this.host.peer(this.server), httpResponses, this);
    if (this.listens) this.host.listen(httpResponses, this);
  }

  ask(query: string, method = 'GET'): void {
    const target = query === '' ? '/' : `/gwc.php?${query}`;
    this.stream?.send(httpRequest, { method, target, minor: 1, headers: new Map([['host', 'x']]), body: new Uint8Array(0) });
  }

  onConnection(): StreamHandler<HttpResponse> {
    this.visits++;
    return { onOpen() {}, onMessage() {}, onBulk() {}, onDrain() {}, onEnd() {}, onClose() {} };
  }

  get address(): string {
    return formatEndpoint(this.host.self.stream as Uint8Array);
  }

  onMessage({ status, body }: HttpResponse): void {
    this.status = status;
    this.heard.push(readUtf8(body, 0, body.length));
  }

  onClose(): void {
    this.closed = true;
  }

  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

interface Place {
  readonly world: World;
  readonly introducer: SimNode<Introducer>;
  asker(listens?: boolean): Asker;
  /** What is answered to a question that is asked now. */
  answer(asker: Asker, query: string): string;
}

function place(options: Partial<IntroducerOptions> = {}): Place {
  const world = new World({ seed: 1, publicAddresses: true });
  const introducer = world.addNode((host) => new Introducer(host, options));
  const asker = (listens = true): Asker => {
    const { protocol } = world.addNode((host) => new Asker(host, introducer.endpoint, listens));
    world.runFor(200);
    return protocol;
  };
  const answer = (from: Asker, query: string): string => {
    const before = from.heard.length;
    from.ask(query);
    world.runFor(15_000);
    return from.heard[before] ?? '';
  };
  return { world, introducer, asker, answer };
}

/** A member that the introducer has taken. */
function admitted({ asker, answer }: Place, net = 'gnutella'): Asker {
  const member = asker();
  assert.match(answer(member, `update=1&net=${net}&ip=${member.address}`), /^I\|update\|OK\r\n/);
  return member;
}

test('version 2 tells members with their age, and the networks in its pong', () => {
  const here = place();
  const member = admitted(here, 'gnutella2');
  const lines = here.answer(here.asker(), 'get=1&ping=1&net=gnutella2&client=KITH&version=1.0').split('\r\n');
  assert.match(lines[0] as string, /^I\|pong\|kith\|gnutella-gnutella2-fasttrack-napster-/);
  assert.deepEqual(lines.slice(1), [`H|${member.address}|${15}`, '']);
});

test('version 1 tells bare addresses, PONG, and OK', () => {
  const here = place();
  const member = here.asker();
  assert.equal(here.answer(member, `ip=${member.address}&client=TEST`), 'OK\r\n');
  const other = here.asker();
  assert.equal(here.answer(other, 'hostfile=1'), `${member.address}\r\n`);
  assert.equal(here.answer(other, 'ping=1'), 'PONG kith\r\n');
  assert.equal(here.answer(other, 'urlfile=1'), '');
});

test('networks are kept apart, and one that is not known is said to be', () => {
  const here = place();
  admitted(here, 'gnutella2');
  const asker = here.asker();
  assert.equal(here.answer(asker, 'get=1&net=gnutella'), 'I|no-hosts\r\n');
  assert.equal(here.answer(asker, 'get=1&net=foxy'), 'I|net-not-supported\r\nI|no-hosts\r\n');
});

test('who cannot be dialled is not passed on, and is told so', () => {
  const here = place();
  const silent = here.asker(false);
  assert.match(here.answer(silent, `update=1&net=gnutella&ip=${silent.address}`), /^I\|update\|WARNING\|You cannot be reached/);
  assert.equal(here.introducer.protocol.inspect().members.gnutella, 0);
});

test('nobody can have others sent to a third: only the own address is taken, and nobody else is dialled', () => {
  const here = place();
  const victim = here.asker();
  const liar = here.asker();
  assert.match(here.answer(liar, `update=1&net=gnutella&ip=${victim.address}`), /Rejected IP/);
  assert.match(here.answer(liar, 'update=1&net=gnutella&url=http://victim.example/'), /Caches are not taken from strangers/);
  assert.equal(victim.visits, 0);
  assert.equal(here.answer(here.asker(), 'get=1&net=gnutella'), 'I|no-hosts\r\n');
});

test('a member is taken once an hour from one address', () => {
  const here = place();
  const member = admitted(here);
  const update = `update=1&net=gnutella&ip=${member.address}`;
  assert.match(here.answer(member, update), /You came back too early/);
  here.world.runFor(HOUR_MS);
  // The connection was idle for too long by now; the member is at another port of the same machine.
  assert.match(here.answer(here.asker(), 'get=1&net=gnutella'), new RegExp(member.address));
});

test('who asks without end is told to stop, at the price of a line', () => {
  const here = place({ questionsMax: 5 });
  const asker = here.asker();
  for (let count = 0; count < 6; count++) here.answer(asker, 'ping=1');
  assert.equal(asker.status, 503);
  assert.equal(here.introducer.protocol.inspect().tooMany, 1);
});

test('of a full list the member that was heard of longest ago goes, and an answer has a bound', () => {
  const here = place({ membersMax: 10, answerMax: 4 });
  const first = admitted(here);
  for (let count = 0; count < 10; count++) admitted(here);
  const all = here.introducer.protocol.members().map(({ address }) => address);
  assert.equal(all.length, 10);
  assert.ok(!all.includes(first.address));
  const { members } = parseCacheAnswer(here.answer(here.asker(), 'get=1&net=gnutella'));
  assert.equal(members.length, 4);
});

test('a member that is not heard of for three hours is forgotten, and one recalled keeps its age', () => {
  const here = place();
  // The list is in the order of hearing: it is recalled before anybody comes.
  here.introducer.protocol.recall('gnutella', here.introducer.endpoint, 2.5 * HOUR_MS);
  admitted(here);
  assert.equal(here.introducer.protocol.inspect().members.gnutella, 2);
  here.world.runFor(HOUR_MS);
  assert.equal(here.introducer.protocol.inspect().members.gnutella, 1);
  here.world.runFor(2.1 * HOUR_MS);
  assert.equal(here.introducer.protocol.inspect().members.gnutella, 0);
});

test('questions that come in one go are answered one after the other, in order', () => {
  const here = place();
  const asker = here.asker();
  asker.ask('ping=1&net=gnutella');
  asker.ask(`update=1&net=gnutella&ip=${asker.address}`);
  asker.ask('ping=1');
  here.world.runFor(15_000);
  assert.deepEqual(
    asker.heard.map((text) => text.split('\r\n')[0]?.slice(0, 12)),
    ['I|pong|kith|', 'I|update|OK', 'PONG kith'],
  );
});

test('what is no question costs an error, what is no GET its connection', () => {
  const here = place();
  const asker = here.asker();
  here.answer(asker, 'nonsense&&&=%zz');
  assert.equal(asker.status, 400);
  asker.ask('get=1', 'POST');
  here.world.runFor(1_000);
  assert.equal(asker.status, 405);
  assert.equal(here.answer(here.asker(), '').split('\r\n')[0], 'Introducer of kith: a web cache (GWC 1 and 2) for members of networks');
});

test('silence is hung up on, and of too many connections the most silent one goes', () => {
  const here = place({ connectionsMax: 3 });
  const askers = [here.asker(), here.asker(), here.asker()];
  here.answer(askers[0] as Asker, 'ping=1');
  here.asker();
  here.world.runFor(500);
  assert.deepEqual(
    askers.map(({ closed }) => closed),
    [false, true, false],
  );
  here.world.runFor(40_000);
  assert.equal(here.introducer.protocol.inspect().connections, 0);
});

test('queries of any kind are read without an exception, and what is read is bounded', () => {
  const random = new Random(7);
  const pool = [
    formatCacheQuery('gnutella2', 'KITH1.0', { get: true, member: '1.2.3.4:6346' }),
    'hostfile=1&urlfile=1&ip=10.0.0.1:1&url=http%3A%2F%2Fa.example%2F&client=LIME&version=4',
    'ip=[2001:db8::1]:6346&update=1&ip=999.1.1.1:0&net=%41%42',
  ];
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const parsed = parseCacheQuery(damaged(pool, random));
    if (parsed === null) continue;
    assert.ok(parsed.net.length <= 32 && (parsed.member === null || parsed.member.length === 6 || parsed.member.length === 18));
  }
});

test('answers of any kind are read without an exception, and never become more than they may', () => {
  const random = new Random(8);
  const member = { endpoint: Uint8Array.of(1, 2, 3, 4, 24, 202), ageSeconds: 60 };
  const answer = { members: [member, member], caches: ['http://a.example/gwc'], update: TAKEN, pong: 'kith', notes: ['no-hosts'] };
  const pool = [formatCacheAnswer(1, answer), formatCacheAnswer(2, answer), 'H|1.2.3.4:99999|x\nU|javascript:x|\ni|update|WARNING|no'];
  assert.deepEqual(parseCacheAnswer(pool[1] as string), answer);
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const { members, caches, notes } = parseCacheAnswer(damaged(pool, random));
    assert.ok(members.length <= 200 && caches.length <= 50 && notes.length <= 20);
  }
  assert.equal(parseCacheAnswer('H|1.2.3.4:5|1\n'.repeat(100_000)).members.length, 200);
});

/** A text with a few faults. */
function damaged(pool: readonly string[], random: Random): string {
  const bytes = utf8Bytes(pool[random.below(pool.length)] as string).slice();
  for (let faults = 1 + random.below(5); faults > 0; faults--) bytes[random.below(bytes.length)] = random.below(128);
  return readUtf8(bytes, 0, random.chance(0.3) ? random.below(bytes.length) : bytes.length);
}
