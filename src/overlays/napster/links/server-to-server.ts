/**
 * A link between two servers: each shows that it knows the word, tells who is there, and speaks for its own users only. Nothing that comes over a link goes on over another. Owns
 * the stream and the users on the other side.
 */

import { endpointPort, withPort } from '../../../core/endpoint.ts';
import type { CloseReason, Endpoint, Stream, StreamHandler } from '../../../core/host.ts';
import { nickKey, isNick } from '../accounts.ts';
import { fieldsOf, type NapsterMessage, napsterCodec, napsterFrames, quoted, restBehind, TEXT_BYTES_MAX } from '../frames.ts';
import { entryOf, entryText, type SharedEntry, wholeNumber } from '../shared-entry.ts';
import { utf8Size } from '../../../core/utf8.ts';
import { LINK_NAMES, Type } from '../message-types.ts';
import { LINK_VERSION, LinkType, linkProof, PROOF_LENGTH } from './link-messages.ts';
import type { Links } from './links.ts';
import { RemoteUser } from './remote-user.ts';

const HANDSHAKE_MS = 15_000;
const PING_MS = 10_000;
/** Silent for so long it is dead, and so are, to us, its users. */
const DEAD_MS = 35_000;
/** Words for users of the other side are dropped beyond this: whoever asked for them is not there to read. */
const QUEUE_BYTES_MAX = 4 << 20;
const IDENTITY = /^[0-9a-f]{16}$/;
const PORT_MAX = 65_535;
const NAME_LENGTH_MAX = 64;
/** What another server may say to our users: answers to what they have asked its users. */
const DELIVERED: ReadonlySet<number> = new Set([
  Type.downloadReady,
  Type.downloadFailed,
  Type.queueLimitIs,
  Type.browsed,
  Type.browseEnd,
  Type.linkSpeedIs,
  Type.whoisIs,
  Type.whowas,
  Type.notice,
  Type.directBrowseAccept,
  Type.directBrowseError,
  Type.otherLogin,
]);

export interface LinkNumbers {
  readonly users: number;
  readonly files: number;
  readonly bytes: number;
}

export class ServerToServer implements StreamHandler<NapsterMessage> {
  /** We have dialled. */
  readonly isOurs: boolean;
  /** The other server's; empty until it has said hello. */
  id = '';
  /** Where it listens. */
  endpoint: Endpoint;
  state: 'greeting' | 'proving' | 'linked' | 'closed' = 'greeting';
  /** By their nicks in lower case. */
  readonly users = new Map<string, RemoteUser>();
  numbers: LinkNumbers = { users: 0, files: 0, bytes: 0 };
  readonly startedAtMs: number;
  private readonly links: Links;
  private readonly nonce: string;
  private nonceThere = '';
  private stream: Stream | null;
  private heardAtMs: number;
  private pingedAtMs: number;

  constructor(links: Links, endpoint: Endpoint, stream: Stream | null) {
    this.links = links;
    this.endpoint = endpoint;
    this.stream = stream;
    this.isOurs = stream === null;
    this.nonce = links.randomWord();
    this.startedAtMs = links.now();
    this.heardAtMs = this.startedAtMs;
    this.pingedAtMs = this.startedAtMs;
    if (stream === null) {
      const { host } = links.server;
      this.stream = host.connect(host.peer(endpoint), napsterFrames, this);
      this.greet();
    } else stream.upgrade(napsterFrames, this);
  }

  get isLinked(): boolean {
    return this.state === 'linked';
  }

  say(type: number, text = ''): void {
    if (this.state !== 'closed') this.stream?.send(napsterCodec, { type, text });
  }

  /** For a user over there. */
  deliver(nick: string, type: number, text: string): void {
    this.sayBounded(LinkType.deliver, `${nick} ${type} ${text}`);
  }

  /** One of ours wants something of one of theirs. */
  command(nick: string, type: number, text: string): void {
    this.sayBounded(LinkType.command, `${nick} ${type} ${text}`);
  }

  result(number: number, entry: SharedEntry, nick: string): void {
    this.sayBounded(LinkType.result, `${number} ${entryText(entry)} ${nick}`);
  }

  tick(nowMs: number): void {
    if (this.isLinked) {
      if (nowMs - this.heardAtMs > DEAD_MS) this.drop('it is silent');
      else if (nowMs - this.pingedAtMs >= PING_MS) {
        this.pingedAtMs = nowMs;
        this.say(LinkType.ping);
      }
    } else if (nowMs - this.startedAtMs > HANDSHAKE_MS) this.drop('it did not say who it is');
  }

  drop(why: string): void {
    this.stream?.reset();
    this.closed(why);
  }

  close(): void {
    this.stream?.end();
    this.closed('we have ended it');
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
    this.closed('it has ended the link');
  }

  onClose(reason: CloseReason, detail: string): void {
    this.stream = null;
    this.closed(`${reason} ${detail}`.trim());
  }

  onMessage({ type, text }: NapsterMessage): void {
    if (this.state === 'closed') return;
    this.heardAtMs = this.links.now();
    if (this.state === 'linked') return this.onLinkedMessage(type, text);
    if (type === LinkType.hello && this.state === 'greeting') this.onHello(fieldsOf(text));
    else if (type === LinkType.proof && this.state === 'proving') this.onProof(text);
    else this.drop('it speaks before it has shown that it may');
  }

  private onHello([version, id = '', nonce = '', port]: readonly string[]): void {
    const { links } = this;
    const dataPort = wholeNumber(port);
    if (version !== LINK_VERSION || !IDENTITY.test(id) || !IDENTITY.test(nonce) || !(dataPort > 0 && dataPort <= PORT_MAX)) {
      return this.drop('its hello is none');
    }
    this.id = id;
    this.nonceThere = nonce;
    if (id === links.id) return links.onSelf(this);
    if (!this.isOurs) this.endpoint = withPort(this.endpoint, dataPort);
    this.state = 'proving';
    if (!this.isOurs) this.greet();
    else this.prove();
  }

  private onProof(text: string): void {
    const { links } = this;
    const expected = linkProof(links.secret, { id: this.id, nonce: this.nonceThere }, { id: links.id, nonce: this.nonce });
    if (text.length !== PROOF_LENGTH || text !== expected) return this.drop('it does not know the word');
    // Who was dialled proves after who dialled: a stranger learns nothing from us that he could try words on.
    if (!this.isOurs) this.prove();
    this.state = 'linked';
    links.onLinked(this);
  }

  private greet(): void {
    const { links } = this;
    const own = links.server.host.self.stream;
    this.say(
      LinkType.hello,
      `${LINK_VERSION} ${links.id} ${this.nonce} ${own === null ? 0 : endpointPort(own)} ${quoted(links.server.options.name.slice(0, NAME_LENGTH_MAX))}`,
    );
  }

  private prove(): void {
    const { links } = this;
    this.say(LinkType.proof, linkProof(links.secret, { id: links.id, nonce: this.nonce }, { id: this.id, nonce: this.nonceThere }));
  }

  private onLinkedMessage(type: number, text: string): void {
    const { links } = this;
    const fields = fieldsOf(text);
    const [first = '', second = ''] = fields;
    switch (type) {
      case LinkType.user:
        return this.onUser(fields);
      case LinkType.gone:
        return this.onGone(first);
      case LinkType.numbers: {
        const [users = 0, files = 0, bytes = 0] = fields.map(wholeNumber);
        if (![users, files, bytes].some(Number.isNaN)) this.numbers = { users, files, bytes };
        return;
      }
      case LinkType.server:
        return links.onServerTold(this, first, second);
      case LinkType.kill:
        // Only for a nick that they have as well.
        if (this.users.has(nickKey(first))) links.onKill(first);
        return;
      case LinkType.search:
        return links.onSearch(this, wholeNumber(first), wholeNumber(second), restBehind(text, 2));
      case LinkType.result: {
        const entry = entryOf(fields, 1);
        const holder = this.users.get(nickKey(fields[7] ?? ''));
        if (entry !== null && holder !== undefined) links.onResult(this, wholeNumber(first), entry, holder);
        return;
      }
      case LinkType.searchEnd:
        return links.onSearchEnd(this, wholeNumber(first));
      case LinkType.command: {
        const actor = this.users.get(nickKey(first));
        if (actor !== undefined) links.server.onCommand(actor, wholeNumber(second), restBehind(text, 2));
        return;
      }
      case LinkType.deliver:
        if (DELIVERED.has(wholeNumber(second))) links.server.userOf(first)?.say(wholeNumber(second), restBehind(text, 2));
        return;
      case LinkType.ping:
        return this.say(LinkType.pong);
      default:
      // What a later version says beyond this is passed over.
    }
  }

  private onUser([nick = '', ip, port, speed, age]: readonly string[]): void {
    const numbers = [ip, port, speed, age].map(wholeNumber);
    const [ipNumber = 0, dataPort = 0, linkSpeed = 0, ageMs = 0] = numbers;
    if (!isNick(nick) || numbers.some(Number.isNaN) || ipNumber > 0xffffffff || dataPort > PORT_MAX || linkSpeed >= LINK_NAMES.length)
      return;
    const known = this.users.get(nickKey(nick));
    if (known !== undefined) {
      known.ip = ipNumber;
      known.dataPort = dataPort;
      known.linkSpeed = linkSpeed;
    } else if (this.links.mayCome(this, nick, ageMs)) {
      const user = new RemoteUser(this, nick, ipNumber, dataPort, linkSpeed);
      this.users.set(nickKey(nick), user);
      this.links.onCame(user);
    }
  }

  private onGone(nick: string): void {
    const user = this.users.get(nickKey(nick));
    if (user === undefined) return;
    this.users.delete(nickKey(nick));
    this.links.onGone(user);
  }

  private sayBounded(type: number, text: string): void {
    if (utf8Size(text) > TEXT_BYTES_MAX) return;
    if ((this.stream?.queuedBytes ?? 0) <= QUEUE_BYTES_MAX) this.say(type, text);
  }

  private closed(why: string): void {
    if (this.state === 'closed') return;
    const wasLinked = this.isLinked;
    this.state = 'closed';
    const users = [...this.users.values()];
    this.users.clear();
    this.links.onLinkClosed(this, wasLinked, users, why);
  }
}
