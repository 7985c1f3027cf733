/**
 * An index server of Napster with a million files of 10,000 simulated users: how long a search of two words takes it, from the message to the last word of the answer.
 *
 *     node --expose-gc bench/napster.ts [users, 10000] [files of each, 100] [queries, 2000]
 */

import type { Host, Protocol, Stream, StreamHandler } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from '../src/overlays/napster/frames.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../src/overlays/napster/index.ts';
import { Type } from '../src/overlays/napster/message-types.ts';
import type { Session } from '../src/overlays/napster/session.ts';
import { World } from '../src/sim/world.ts';

const users = Number(process.argv[2] ?? 10_000);
const filesEach = Number(process.argv[3] ?? 100);
const queries = Number(process.argv[4] ?? 2_000);
/** The words of names, as `bench/library.ts` has them: the n-th with a chance of about 1/n. */
const WORDS = 50_000;
const LIMIT = 100;
const FILES_PER_MESSAGE = 12;
/** The best of so many counts: others use the machine, too. */
const ROUNDS = 3;

const random = new Random(1);
const word = (): string => `w${Math.floor(WORDS ** random.unit())}`;

class User implements Protocol, StreamHandler<NapsterMessage> {
  private readonly host: Host;
  private readonly server: Uint8Array;
  private readonly nick: string;
  private stream: Stream | null = null;

  constructor(host: Host, server: Uint8Array, nick: string) {
    this.host = host;
    this.server = server;
    this.nick = nick;
  }

  start(): void {
    this.stream = this.host.connect(this.host.peer(this.server), napsterFrames, this);
    this.stream.send(napsterCodec, { type: Type.login, text: `${this.nick} x 6699 "bench" 8` });
  }

  onMessage({ type }: NapsterMessage): void {
    if (type !== Type.loggedIn) return;
    for (let at = 0; at < filesEach; at += FILES_PER_MESSAGE) {
      const names = Array.from({ length: Math.min(FILES_PER_MESSAGE, filesEach - at) }, (_, index) => this.fileText(at + index));
      this.stream?.send(napsterCodec, { type: Type.shareFolder, text: `"${word()}\\${word()}\\" ${names.join(' ')}` });
    }
  }

  private fileText(index: number): string {
    return `"${word()} ${word()} - ${word()} ${word()} ${index}.mp3" ${'0'.repeat(32)} 4000000 128 44100 240`;
  }

  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

const world = new World({ seed: 1 });
const server = world.addNode((host) => new NapsterIndex(host, { ...INDEX_DEFAULTS, usersMax: users, filesMax: 10_000_000 }));
const began = performance.now();
for (let count = 0; count < users; count++) {
  world.addNode((host) => new User(host, server.endpoint, `user${count}`));
  // A thousand come at once.
  if (count % 1_000 === 999) world.runFor(500);
}
world.runFor(2_000);
const filledMs = performance.now() - began;
const { files } = server.protocol;
(globalThis as { gc?: () => void }).gc?.();

const times: number[] = [];
let answers = 0;
const searcher = [...server.protocol.localUsers()][0] as Session;
const said = searcher.say.bind(searcher);
searcher.say = (type, text) => {
  answers++;
  said(type, text);
};
for (let count = 0; count < queries; count++) {
  const message = { type: Type.search, text: `FILENAME CONTAINS "${word()} ${word()}" MAX_RESULTS ${LIMIT}` };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    server.protocol.onMessage(searcher, message);
    best = Math.min(best, performance.now() - from);
  }
  times.push(best);
  if (count % 20 === 19) world.runFor(1_000);
}
times.sort((a, b) => a - b);
const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] as number).toFixed(3);
console.log(
  `${files.count} files of ${server.protocol.users} users, told in ${(filledMs / 1000).toFixed(1)} s with the simulation of all of them`,
);
console.log(
  `two words, up to ${LIMIT} results, best of ${ROUNDS}: median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, longest ${at(1)} ms`,
);
console.log(
  `${(answers / queries / ROUNDS - 1).toFixed(1)} results on average; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`,
);
