/** Rooms in which users talk. Owns who is in which; a room lasts as long as somebody is in it. */

import { restBehind } from './frames.ts';
import { Type } from './message-types.ts';
import type { NapsterIndex } from './napster-index.ts';
import type { Session } from './session.ts';

interface Channel {
  readonly name: string;
  readonly members: Set<Session>;
  topic: string;
}

const NAME = /^#[^\s"]{1,31}$/;
const TOPIC_LENGTH_MAX = 200;

export class Channels {
  private readonly server: NapsterIndex;
  private readonly byName = new Map<string, Channel>();

  constructor(server: NapsterIndex) {
    this.server = server;
  }

  get count(): number {
    return this.byName.size;
  }

  /** False: it is none of these messages. */
  onMessage(session: Session, type: number, text: string, [name = '']: readonly string[]): boolean {
    switch (type) {
      case Type.joinChannel:
        this.join(session, name);
        return true;
      case Type.partChannel:
        this.withChannel(session, name, (channel) => this.part(session, channel));
        return true;
      case Type.say:
        this.withChannel(session, name, (channel) => {
          for (const member of channel.members) member.say(Type.said, `${channel.name} ${session.nick} ${restBehind(text, 1)}`);
        });
        return true;
      case Type.topic:
        this.withChannel(session, name, (channel) => {
          const topic = restBehind(text, 1).slice(0, TOPIC_LENGTH_MAX);
          if (topic === '') session.say(Type.topic, `${channel.name} ${channel.topic}`);
          else {
            channel.topic = topic;
            for (const member of channel.members) member.say(Type.topic, `${channel.name} ${topic}`);
          }
        });
        return true;
      case Type.channels:
        for (const channel of this.byName.values()) session.say(Type.channel, `${channel.name} ${channel.members.size} ${channel.topic}`);
        session.say(Type.channels);
        return true;
      default:
        return false;
    }
  }

  leaveAll(session: Session): void {
    for (const name of [...session.channels]) {
      const channel = this.byName.get(name);
      if (channel !== undefined) this.part(session, channel);
    }
  }

  private join(session: Session, name: string): void {
    const key = name.toLowerCase();
    const { channelsMax, channelsPerUserMax } = this.server.options;
    const channel = this.byName.get(key) ?? { name, members: new Set<Session>(), topic: `Welcome to the ${name} channel.` };
    if (!NAME.test(name)) return session.notice(`${name} is no channel: # and a word expected.`);
    if (session.channels.has(key)) return;
    if (session.channels.size >= channelsPerUserMax) return session.notice(`You are in ${channelsPerUserMax} channels already.`);
    if (!this.byName.has(key) && this.byName.size >= channelsMax) return session.notice('There are too many channels.');
    this.byName.set(key, channel);
    for (const member of channel.members) member.say(Type.userJoined, presence(channel, session));
    channel.members.add(session);
    session.channels.add(key);
    session.say(Type.channelJoined, channel.name);
    for (const member of channel.members) session.say(Type.channelUser, presence(channel, member));
    session.say(Type.channelUsersEnd, channel.name);
    session.say(Type.topic, `${channel.name} ${channel.topic}`);
  }

  private part(session: Session, channel: Channel): void {
    const key = channel.name.toLowerCase();
    channel.members.delete(session);
    session.channels.delete(key);
    session.say(Type.partChannel, channel.name);
    for (const member of channel.members) member.say(Type.userParted, presence(channel, session));
    if (channel.members.size === 0) this.byName.delete(key);
  }

  private withChannel(session: Session, name: string, what: (channel: Channel) => void): void {
    const channel = this.byName.get(name.toLowerCase());
    if (channel === undefined || !channel.members.has(session)) session.notice(`You are not on channel ${name}`);
    else what(channel);
  }
}

function presence(channel: Channel, { nick, files, linkSpeed }: Session): string {
  return `${channel.name} ${nick} ${files.size} ${linkSpeed}`;
}
