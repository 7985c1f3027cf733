/** Other people: private words, rooms, and who is waited for. Owns which rooms we are in and who is in them, and keeps both when the server changes. */

import { safeText } from '../../../wire/safe-text.ts';
import { nickKey } from '../accounts.ts';
import { fieldsOf, restBehind } from '../frames.ts';
import { Type } from '../message-types.ts';
import { wholeNumber } from '../shared-entry.ts';

const CHANNELS_MAX = 16;
const HOT_MAX = 256;
const MEMBERS_MAX = 10_000;
const TEXT_LENGTH_MAX = 1_024;

/** All of it is fit to be shown. */
export interface CompanyListener {
  onPrivateWords(nick: string, text: string): void;
  onSaid(channel: string, nick: string, text: string): void;
  /** Who is in a room has changed, or its topic. */
  onChannelChanged(channel: string): void;
  onHot(nick: string, isHere: boolean): void;
  /** From the server: words of the day, answers, complaints. */
  onServerWords(text: string): void;
}

export interface ChannelMember {
  readonly nick: string;
  readonly files: number;
  readonly link: number;
}

export interface JoinedChannel {
  /** As the server has spelt it. */
  name: string;
  topic: string;
  /** The server has let us in. */
  isIn: boolean;
  readonly members: Map<string, ChannelMember>;
}

export interface ListedChannel {
  readonly name: string;
  readonly users: number;
  readonly topic: string;
}

export interface ChannelListListener {
  onChannelListed(channel: ListedChannel): void;
  onChannelListEnd(): void;
}

const LISTED_MAX = 10_000;

export class Company {
  /** By their names in lower case. */
  readonly channels = new Map<string, JoinedChannel>();
  /** Who is waited for, in lower case, and whether he is there. */
  readonly hot = new Map<string, boolean>();
  private listing: ChannelListListener | null = null;
  private listed = 0;
  private readonly say: (type: number, text: string) => void;
  private readonly listener: CompanyListener;

  constructor(say: (type: number, text: string) => void, listener: CompanyListener) {
    this.say = say;
    this.listener = listener;
  }

  join(name: string): boolean {
    const key = name.toLowerCase();
    if (this.channels.has(key) || this.channels.size >= CHANNELS_MAX) return false;
    this.channels.set(key, { name, topic: '', isIn: false, members: new Map() });
    this.say(Type.joinChannel, name);
    return true;
  }

  part(name: string): void {
    if (this.channels.delete(name.toLowerCase())) this.say(Type.partChannel, name);
  }

  /** Which rooms there are on the server. False: that is being asked already. */
  list(listener: ChannelListListener): boolean {
    if (this.listing !== null) return false;
    this.listing = listener;
    this.listed = 0;
    this.say(Type.channels, '');
    return true;
  }

  sayIn(channel: string, text: string): void {
    this.say(Type.say, `${channel} ${oneLine(text)}`);
  }

  tell(nick: string, text: string): void {
    this.say(Type.privateMessage, `${nick} ${oneLine(text)}`);
  }

  watch(nick: string): boolean {
    if (this.hot.size >= HOT_MAX || this.hot.has(nickKey(nick))) return false;
    this.hot.set(nickKey(nick), false);
    this.say(Type.hotAdd, nick);
    return true;
  }

  unwatch(nick: string): void {
    if (this.hot.delete(nickKey(nick))) this.say(Type.hotRemove, nick);
  }

  /** A server that knows nothing of us. */
  onLoggedIn(): void {
    for (const nick of this.hot.keys()) this.say(Type.hotList, nick);
    for (const { name } of this.channels.values()) this.say(Type.joinChannel, name);
  }

  onServerGone(): void {
    this.endList();
    for (const channel of this.channels.values()) {
      channel.isIn = false;
      channel.members.clear();
    }
    for (const key of this.hot.keys()) this.hot.set(key, false);
  }

  /** True: it is one of these. */
  onMessage(type: number, text: string): boolean {
    const fields = fieldsOf(text);
    const [first = '', second = ''] = fields;
    switch (type) {
      case Type.privateMessage:
        this.listener.onPrivateWords(shown(first), shown(restBehind(text, 1)));
        return true;
      case Type.said:
        if (this.channelOf(first) !== null) this.listener.onSaid(shown(first), shown(second), shown(restBehind(text, 2)));
        return true;
      case Type.hotOn:
      case Type.hotOff:
        if (!this.hot.has(nickKey(first))) return true;
        this.hot.set(nickKey(first), type === Type.hotOn);
        this.listener.onHot(shown(first), type === Type.hotOn);
        return true;
      case Type.channel:
        if (this.listed++ < LISTED_MAX) {
          this.listing?.onChannelListed({ name: shown(first), users: numberOf(second), topic: shown(restBehind(text, 2)) });
        }
        return true;
      case Type.channels:
        this.endList();
        return true;
      case Type.hotAdded:
      case Type.hotError:
        return true;
      case Type.notice:
      case Type.motd:
        this.listener.onServerWords(shown(text));
        return true;
      default:
        return this.onChannelMessage(type, text, fields);
    }
  }

  private endList(): void {
    const { listing } = this;
    this.listing = null;
    listing?.onChannelListEnd();
  }

  private onChannelMessage(type: number, text: string, [name = '', nick = '', files, link]: readonly string[]): boolean {
    const isOfChannel = type === Type.partChannel || type === Type.topic || (type >= Type.channelJoined && type <= Type.channelUsersEnd);
    if (!isOfChannel) return false;
    const channel = this.channelOf(name);
    if (channel === null) return true;
    switch (type) {
      case Type.channelJoined:
        channel.isIn = true;
        channel.name = shown(name);
        channel.members.clear();
        break;
      case Type.partChannel:
        this.channels.delete(name.toLowerCase());
        break;
      case Type.userJoined:
      case Type.channelUser:
        if (channel.members.size < MEMBERS_MAX) {
          channel.members.set(nickKey(nick), { nick: shown(nick), files: numberOf(files), link: numberOf(link) });
        }
        break;
      case Type.userParted:
        channel.members.delete(nickKey(nick));
        break;
      case Type.topic:
        channel.topic = shown(restBehind(text, 1));
        break;
      default:
    }
    this.listener.onChannelChanged(channel.name);
    return true;
  }

  private channelOf(name: string): JoinedChannel | null {
    return this.channels.get(name.toLowerCase()) ?? null;
  }
}

function shown(text: string): string {
  return safeText(text, TEXT_LENGTH_MAX);
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ').slice(0, TEXT_LENGTH_MAX);
}

function numberOf(text: string | undefined): number {
  const value = wholeNumber(text);
  return Number.isNaN(value) ? 0 : value;
}
