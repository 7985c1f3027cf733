import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Host, Protocol, Stream, StreamHandler } from '../../../core/host.ts';
import { Random } from '../../../core/random.ts';
import { NapsterRoom, sharedFile } from '../../../../test/napster/worlds.ts';
import { fieldsOf, type NapsterMessage, napsterCodec, napsterFrames } from '../frames.ts';
import { Type } from '../message-types.ts';
import { LINK_VERSION, LinkType, linkProof } from './link-messages.ts';

const ID = '00000000000000ff';
const NONCE = '0123456789abcdef';

/** Knows the word, and says what the test says. */
class HostileLink implements Protocol, StreamHandler<NapsterMessage> {
  readonly heard: NapsterMessage[] = [];
  closed = false;
  private readonly host: Host;
  private readonly to: Endpoint;
  private readonly secret: string;
  private stream: Stream | null = null;

  constructor(host: Host, to: Endpoint, secret: string) {
    this.host = host;
    this.to = to;
    this.secret = secret;
  }

  start(): void {
    this.stream = this.host.connect(this.host.peer(this.to), napsterFrames, this);
    this.say(LinkType.hello, `${LINK_VERSION} ${ID} ${NONCE} 6881 "evil"`);
  }

  onMessage(message: NapsterMessage): void {
    this.heard.push(message);
    if (message.type !== LinkType.hello) return;
    const [, id = '', nonce = ''] = fieldsOf(message.text);
    this.say(LinkType.proof, linkProof(this.secret, { id: ID, nonce: NONCE }, { id, nonce }));
  }

  say(type: number, text = ''): void {
    this.stream?.send(napsterCodec, { type, text });
  }

  of(type: number): string[] {
    return this.heard.filter((message) => message.type === type).map(({ text }) => text);
  }

  onClose(): void {
    this.closed = true;
  }

  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.stream?.end();
  }
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

function linkedTo(secret = 'walrus') {
  const room = new NapsterRoom();
  const server = room.server({ linkSecret: 'walrus', usersMax: 50 });
  const alice = room.user({ nick: 'alice' }, [sharedFile(1, 'walrus.mp3')]);
  room.world.runFor(1_000);
  const { protocol: link } = room.world.addNode((host) => new HostileLink(host, server.endpoint, secret));
  room.world.runFor(1_000);
  return { room, server: server.protocol, alice, link };
}

test('a link tells who is there and how many files they have, and neither password nor e-mail', () => {
  const { server, link } = linkedTo();
  assert.equal(server.links.count, 1);
  assert.match(link.of(LinkType.user)[0] ?? '', /^alice \d+ 6881 0 \d+$/);
  assert.deepEqual(link.of(LinkType.numbers), ['1 1 250000']);
  assert.ok(!link.heard.some(({ text }) => / kith |@/.test(text)), 'a word of the log-in');
});

test('who does not know the word, or sends back what he was sent, is let go before he hears anything', () => {
  for (const secret of ['wrong', '']) {
    const { server, link } = linkedTo(secret);
    assert.deepEqual([server.links.count, link.closed], [0, true]);
    assert.deepEqual(new Set(link.heard.map(({ type }) => type)), new Set([LinkType.hello]));
  }
});

test('a linked server speaks for nobody but its own users, finds only what was searched, and knows only so many', () => {
  const { room, server, alice, link } = linkedTo();
  link.say(LinkType.user, 'bob 16777343 6699 5 1000');
  for (let count = 0; count < 200; count++) link.say(LinkType.user, `user${count} 16777343 6699 5 1000`);
  link.say(LinkType.user, 'bad"nick 1 1 1 1');
  link.say(LinkType.user, 'x 99999999999 1 1 1');
  link.say(LinkType.command, `carol ${Type.privateMessage} alice I am carol`);
  link.say(LinkType.command, `bob ${Type.share} "x" 0 1 1 1 1`);
  link.say(LinkType.deliver, `alice ${Type.error} go away`);
  link.say(LinkType.deliver, `alice ${Type.uploadRequest} x "y"`);
  link.say(LinkType.kill, 'alice');
  link.say(LinkType.result, '1 "walrus.mp3" 0 5 1 1 1 bob');
  for (const address of ['0.0.0.0:1', '255.255.255.255:9', 'name:80', '127.0.0.1:80'])
    link.say(LinkType.server, `00000000000000aa ${address}`);
  room.world.runFor(2_000);
  assert.equal(alice.client.isOnline, true);
  assert.deepEqual([alice.diary.of('private'), alice.diary.of('offline')], [[], []]);
  assert.equal(server.links.numbers.users, 50);
  assert.equal(server.links.userOf('bad"nick'), null);
  assert.equal(server.files.count, 1);
  link.say(LinkType.command, `bob ${Type.privateMessage} alice hello`);
  room.world.runFor(1_000);
  assert.deepEqual(alice.diary.of('private'), ['private bob: hello']);
});

test('what a linked server finds is passed on only while it is searched for, up to what was asked, and with what is known of the holder', () => {
  const { room, alice, link } = linkedTo();
  link.say(LinkType.user, 'bob 16777343 6699 5 1000');
  room.world.runFor(1_000);
  const answer = (): void => {
    const [number] = (link.of(LinkType.search).at(-1) ?? '').split(' ');
    for (let count = 0; count < 50; count++) link.say(LinkType.result, `${number} "walrus ${count}.mp3" 0 5 1 1 1 bob`);
    link.say(LinkType.result, `${number} "walrus x.mp3" 0 5 1 1 1 alice`);
    link.say(LinkType.result, `${number} "walrus x.mp3" 0 5 1 1 1 nobody`);
    link.say(LinkType.searchEnd, number);
    link.say(LinkType.result, `${number} "walrus late.mp3" 0 5 1 1 1 bob`);
    link.say(LinkType.searchEnd, number);
  };
  room.world.at(room.world.now + 500, answer);
  const { hits } = alice.search('walrus', { limit: 10 });
  assert.equal(hits.length, 10);
  assert.deepEqual(new Set(hits.map(({ holder }) => holder.id)), new Set(['alice', 'bob']));
});

test('garbage over a link in any order hurts nobody', () => {
  const random = new Random(7);
  const types = [...Object.values(LinkType), Type.login, Type.search, 65_535];
  const words = [
    'alice',
    'bob',
    '1',
    '-1',
    '99999999999999999',
    '"',
    '" "',
    '203',
    '205',
    'alice "c:\\music\\walrus.mp3"',
    'FILENAME CONTAINS "walrus"',
    '\u0000',
  ];
  const { room, server, alice, link } = linkedTo();
  link.say(LinkType.user, 'bob 16777343 6699 5 1000');
  for (let count = 0; count < 3_000; count++) {
    const text = Array.from({ length: random.below(6) }, () => words[random.below(words.length)]).join(' ');
    link.say(types[random.below(types.length)] as number, text);
  }
  room.world.runFor(60_000);
  assert.deepEqual([alice.client.isOnline, server.users], [true, 1]);
  assert.equal(alice.search('walrus').hits.length, 1);
});
