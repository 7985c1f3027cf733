import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host, Protocol, Stream, StreamHandler } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import type { AccountBook, AccountCheck, AccountMade } from './accounts.ts';
import { FileIndex } from './file-index.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from './frames.ts';
import { INDEX_DEFAULTS, type IndexOptions } from './index-options.ts';
import { Type } from './message-types.ts';
import { NapsterIndex } from './napster-index.ts';
import { parseQuery, type SearchQuery } from './search-query.ts';

/** A client that says what the test says, and keeps what it hears. */
class Talker implements Protocol, StreamHandler<NapsterMessage> {
  readonly heard: NapsterMessage[] = [];
  closed = false;
  private readonly host: Host;
  private readonly server: Uint8Array;
  private stream: Stream | null = null;

  constructor(host: Host, server: Uint8Array) {
    this.host = host;
    this.server = server;
  }

  start(): void {
    this.stream = this.host.connect(this.host.peer(this.server), napsterFrames, this);
  }

  say(type: number, text = ''): void {
    this.stream?.send(napsterCodec, { type, text });
  }

  /** What it was told with that type, in order. */
  of(type: number): string[] {
    return this.heard.filter((message) => message.type === type).map(({ text }) => text);
  }

  onMessage(message: NapsterMessage): void {
    this.heard.push(message);
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

interface Room {
  readonly world: World;
  readonly server: SimNode<NapsterIndex>;
  talker(): Talker;
  /** Somebody who has logged in. */
  user(nick: string, port?: number): Talker;
}

function room(options: Partial<IndexOptions> = {}): Room {
  const world = new World({ seed: 1, latency: { kind: 'constant', ms: 20 } });
  const server = world.addNode((host) => new NapsterIndex(host, { ...INDEX_DEFAULTS, ...options }));
  const talker = (): Talker => {
    const { protocol } = world.addNode((host) => new Talker(host, server.endpoint));
    world.runFor(500);
    return protocol;
  };
  const user = (nick: string, port = 6699): Talker => {
    const made = talker();
    made.say(Type.login, `${nick} secret ${port} "rawnap v0.1" 5`);
    world.runFor(500);
    return made;
  };
  return { world, server, talker, user };
}

const WALRUS = '"c:\\music\\walrus polka tape.mp3"';
const FACTS = 'b92870e0d41bc8e698cf2f0a1ddfeac7 250000 128 44100 60';

test('a log-in is answered with an address, the words of the day and the numbers', () => {
  const { user } = room({ motd: ['Be kind.'] });
  const alice = user('alice');
  assert.deepEqual(
    alice.heard.map(({ type }) => type),
    [Type.loggedIn, Type.motd, Type.motd, Type.motd, Type.stats],
  );
  assert.ok(alice.of(Type.motd).includes('Be kind.'));
  assert.deepEqual(alice.of(Type.stats), ['1 0 0']);
});

test('what is shared is found by its words, with its holder, until it is taken back or he is gone', () => {
  const { world, user } = room();
  const alice = user('alice');
  const bob = user('bob', 0);
  const search = (text: string): string[] => {
    const before = bob.of(Type.result).length;
    bob.say(Type.search, text);
    world.runFor(200);
    return bob.of(Type.result).slice(before);
  };
  alice.say(Type.share, `${WALRUS} ${FACTS}`);
  alice.say(Type.shareFolder, `"c:\\other\\" "Orange.mp3" 0 1 320 44100 2 "Apple.mp3" 0 2 128 44100 3`);
  const [walrus] = search('FILENAME CONTAINS "WALRUS tape" MAX_RESULTS 10');
  assert.match(walrus ?? '', /^"c:\\music\\walrus polka tape\.mp3" b928\w+ 250000 128 44100 60 alice \d+ 5$/);
  assert.equal(search('FILENAME CONTAINS "other" MAX_RESULTS 10 BITRATE "AT LEAST" "200"').length, 1);
  assert.equal(search('FILENAME CONTAINS "walrus" MAX_RESULTS 10 FILENAME EXCLUDES "polka"').length, 0);
  alice.say(Type.unshare, WALRUS);
  assert.equal(search('FILENAME CONTAINS "walrus" MAX_RESULTS 10').length, 0);
  assert.equal(search('FILENAME CONTAINS "other" MAX_RESULTS 1').length, 1);
  alice.onEnd();
  world.runFor(500);
  assert.equal(search('FILENAME CONTAINS "other" MAX_RESULTS 10').length, 0);
  assert.equal(bob.of(Type.resultsEnd).length, 6);
});

test('who wants a file and who has it are brought together, and each is told only what it has asked for', () => {
  const { world, user } = room();
  const alice = user('alice');
  const bob = user('bob', 0);
  const mallory = user('mallory');
  alice.say(Type.share, `${WALRUS} ${FACTS}`);
  bob.say(Type.download, `alice ${WALRUS}`);
  world.runFor(200);
  assert.deepEqual(alice.of(Type.uploadRequest), [`bob ${WALRUS}`]);
  alice.say(Type.uploadAccept, `mallory ${WALRUS}`);
  alice.say(Type.uploadAccept, `bob ${WALRUS}`);
  alice.say(Type.uploadAccept, `bob ${WALRUS}`);
  world.runFor(200);
  assert.match(bob.of(Type.downloadReady)[0] ?? '', /^alice \d+ 6699 "c:\\music\\walrus polka tape\.mp3" b928\w+ 5$/);
  assert.deepEqual([bob.of(Type.downloadReady).length, mallory.of(Type.downloadReady).length], [1, 0]);
  bob.say(Type.download, `nobody ${WALRUS}`);
  bob.say(Type.download, 'alice "not there.mp3"');
  world.runFor(200);
  assert.equal(bob.of(Type.downloadFailed).length, 2);
});

test('a holder that cannot be called is told to call; two that cannot be called are told so', () => {
  const { world, user } = room();
  const alice = user('alice', 0);
  const bob = user('bob', 7000);
  const carol = user('carol', 0);
  alice.say(Type.share, `${WALRUS} ${FACTS}`);
  bob.say(Type.push, `alice ${WALRUS}`);
  carol.say(Type.push, `alice ${WALRUS}`);
  world.runFor(200);
  assert.match(alice.of(Type.pushReady)[0] ?? '', /^bob \d+ 7000 /);
  assert.equal(alice.of(Type.pushReady).length, 1);
  assert.match(carol.of(Type.notice)[0] ?? '', /both behind firewalls/);
});

test('queues, browsing, resuming, whois, pings and private words go as clients expect', () => {
  const { world, user } = room();
  const alice = user('alice');
  const bob = user('bob');
  alice.say(Type.share, `${WALRUS} ${FACTS}`);
  bob.say(Type.download, `alice ${WALRUS}`);
  world.runFor(200);
  alice.say(Type.queueLimit, `bob ${WALRUS} 3`);
  bob.say(Type.browse, 'alice');
  bob.say(Type.resume, 'b92870e0d41bc8e698cf2f0a1ddfeac7 250000');
  bob.say(Type.whois, 'alice');
  bob.say(Type.ping, 'alice');
  bob.say(Type.privateMessage, 'alice hi  there');
  bob.say(Type.linkSpeed, 'alice');
  world.runFor(300);
  assert.deepEqual(bob.of(Type.queueLimitIs), [`alice ${WALRUS} 250000 3`]);
  assert.equal(bob.of(Type.browsed)[0], `alice ${WALRUS} ${FACTS}`);
  assert.match(bob.of(Type.browseEnd)[0] ?? '', /^alice \d+$/);
  assert.equal(bob.of(Type.resumeResult).length, 1);
  assert.match(bob.of(Type.whoisIs)[0] ?? '', /^alice "User" \d+ "" "Active" 1 0 0 5 "rawnap v0\.1"$/);
  assert.deepEqual([alice.of(Type.ping), alice.of(Type.privateMessage)], [['bob'], ['bob hi  there']]);
  assert.deepEqual(bob.of(Type.linkSpeedIs), ['alice 5']);
});

test('channels: who joins is seen, what is said is heard by all, and an empty room is gone', () => {
  const { world, server, user } = room();
  const alice = user('alice');
  const bob = user('bob');
  for (const talker of [alice, bob]) {
    talker.say(Type.joinChannel, '#test');
    world.runFor(200);
  }
  bob.say(Type.say, '#test hello all');
  bob.say(Type.channels);
  world.runFor(200);
  assert.deepEqual([alice.of(Type.userJoined), alice.of(Type.said)], [['#test bob 0 5'], ['#test bob hello all']]);
  assert.deepEqual(bob.of(Type.channelUser), ['#test alice 0 5', '#test bob 0 5']);
  assert.deepEqual(bob.of(Type.channel), ['#test 2 Welcome to the #test channel.']);
  alice.say(Type.partChannel, '#test');
  bob.onEnd();
  world.runFor(500);
  assert.equal(server.protocol.channels.count, 0);
});

test('who watches for somebody hears of his coming and going', () => {
  const { world, user } = room();
  const alice = user('alice');
  alice.say(Type.hotAdd, 'Bob');
  world.runFor(200);
  const bob = user('bob');
  bob.onEnd();
  world.runFor(500);
  assert.deepEqual([alice.of(Type.hotAdded), alice.of(Type.hotOn), alice.of(Type.hotOff)], [['Bob'], ['bob 5'], ['bob']]);
});

class Book implements AccountBook {
  private readonly known = new Map([['alice', 'right']]);

  check(nick: string, password: string, check: AccountCheck): void {
    const own = this.known.get(nick.toLowerCase());
    check.onChecked(own === undefined ? 'unknown' : own === password ? 'right' : 'wrong');
  }

  make(nick: string, password: string, _email: string, made: AccountMade): void {
    const isFree = !this.has(nick);
    if (isFree) this.known.set(nick.toLowerCase(), password);
    made.onMade(isFree);
  }

  has(nick: string): boolean {
    return this.known.has(nick.toLowerCase());
  }

  changePassword(nick: string, password: string): void {
    this.known.set(nick.toLowerCase(), password);
  }
}

test('with accounts a wrong password is refused, a right one takes the place of the one who is there, and a free nick is made', () => {
  const world = new World({ seed: 1 });
  const server = world.addNode((host) => new NapsterIndex(host, { ...INDEX_DEFAULTS, accounts: new Book() }));
  const enter = (text: string): Talker => {
    const { protocol } = world.addNode((host) => new Talker(host, server.endpoint));
    world.runFor(200);
    protocol.say(Type.login, text);
    world.runFor(500);
    return protocol;
  };
  const wrong = enter('alice wrong 0 "x" 5');
  assert.deepEqual([wrong.of(Type.error), wrong.closed], [['Invalid Password'], true]);
  const first = enter('alice right 0 "x" 5');
  const second = enter('ALICE right 0 "x" 5');
  assert.deepEqual([first.of(Type.otherLogin).length, first.closed], [1, true]);
  assert.equal(second.of(Type.loggedIn).length, 1);
  assert.equal(enter('bob new 0 "x" 5').of(Type.loggedIn).length, 1);
});

test('who says nothing, garbage, too much or too long is let go or held back, and the others notice nothing', () => {
  const { world, server, talker, user } = room({ loginMs: 5_000, messagesAtOnce: 100, messagesPerSecond: 10 });
  const silent = talker();
  const flood = user('flood');
  for (let count = 0; count < 1_000; count++) flood.say(Type.stats);
  const alice = user('alice');
  world.runFor(2_000);
  assert.ok(flood.of(Type.stats).length < 200, `${flood.of(Type.stats).length} answers`);
  assert.equal(alice.of(Type.loggedIn).length, 1);
  const stranger = talker();
  stranger.say(Type.search, 'FILENAME CONTAINS "x" MAX_RESULTS 1');
  world.runFor(6_000);
  assert.ok(silent.closed && stranger.closed);
  alice.say(9_999, 'what');
  world.runFor(200);
  assert.deepEqual(alice.of(Type.notice), ['Unknown command code 9999']);
  assert.equal(server.protocol.users, 2);
});

test('a user shares no more than he may, and what he takes back leaves no trace', () => {
  const { world, server, user } = room({ sharesMax: 10, messagesAtOnce: 10_000 });
  const alice = user('alice');
  for (let count = 0; count < 30; count++) alice.say(Type.share, `"${count % 15}.mp3" 0 1 128 44100 1`);
  world.runFor(1_000);
  assert.equal(server.protocol.files.count, 10);
  alice.say(Type.unshareAll);
  world.runFor(200);
  assert.deepEqual([server.protocol.files.count, server.protocol.files.bytes], [0, 0]);
});

test('the index finds what a walk over all files finds, whatever was added and taken away', () => {
  const random = new Random(7);
  const index = new FileIndex<{ linkSpeed: number }>();
  const words = Array.from({ length: 30 }, (_, word) => `w${word}`);
  const some = (count: number): string => Array.from({ length: count }, () => words[random.below(words.length)]).join(' ');
  let files: ReturnType<typeof index.add>[] = [];
  for (let round = 0; round < 8_000; round++) {
    const entry = {
      name: `${some(1 + random.below(4))}.mp3`,
      md5: `h${random.below(50)}`,
      bytes: random.below(9),
      bitRate: 128,
      frequency: 1,
      seconds: 1,
    };
    files.push(index.add(entry, { linkSpeed: random.below(10) }));
    if (!random.chance(0.02)) continue;
    const gone = new Set(files.filter(() => random.chance(0.4)));
    index.removeAll(gone);
    files = files.filter((file) => !gone.has(file));
  }
  assert.equal(index.count, files.length);
  for (let round = 0; round < 50; round++) {
    const query = parseQuery(
      `FILENAME CONTAINS "${some(2)}" MAX_RESULTS 9 FILENAME EXCLUDES "${some(1)}" LINESPEED "AT LEAST" 4`,
    ) as SearchQuery;
    const wanted = files.filter(({ entry, sharer }) => {
      const own = new Set(entry.name.replace('.mp3', '').split(' '));
      return query.words.every((word) => own.has(word)) && !query.without.some((word) => own.has(word)) && sharer.linkSpeed >= 4;
    });
    assert.deepEqual(new Set(index.search(query, 1e9)), new Set(wanted));
  }
  const [first] = files;
  if (first !== undefined) assert.ok(index.byHash(first.entry.md5, first.entry.bytes, 1e9).includes(first));
});
