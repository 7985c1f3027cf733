/** A network in which some nodes hear each other without knowing anybody: multicast (`Multicaster`). Owns who is in it. */

import { type Codec, encodeToBytes, MalformedMessage } from '../core/codec.ts';
import type { Endpoint, GroupHandler, Host, Multicaster } from '../core/host.ts';
import { SimHost } from './sim-host.ts';
import type { World } from './world.ts';

export class Lan {
  readonly group: Endpoint;
  /** Datagrams said so far. */
  said = 0;
  private readonly world: World;
  private readonly latencyMs: number;
  private readonly members: Member[] = [];

  constructor(world: World, group: Endpoint, latencyMs = 1) {
    this.world = world;
    this.group = group;
    this.latencyMs = latencyMs;
  }

  /** The process of a node takes part for as long as it runs. */
  join(host: Host): Multicaster {
    const member = new Member(this, host);
    this.members.push(member);
    return member;
  }

  /** Everybody hears it, the speaker too. Always as bytes: it is too rare to be spared. */
  spread(from: Endpoint, bytes: Uint8Array): void {
    this.said++;
    this.world.at(this.world.now + this.latencyMs, () => {
      for (const member of this.members) member.receive(from, bytes);
    });
  }
}

class Member implements Multicaster {
  readonly groups: readonly Endpoint[];
  private readonly lan: Lan;
  private readonly host: Host;
  private codec: Codec<unknown> | null = null;
  private handler: GroupHandler<unknown> | null = null;

  constructor(lan: Lan, host: Host) {
    this.lan = lan;
    this.host = host;
    this.groups = [lan.group];
  }

  hear<M>(codec: Codec<M>, handler: GroupHandler<M>): void {
    this.codec = codec;
    this.handler = handler;
  }

  say<M>(_group: Endpoint, codec: Codec<M>, message: M): void {
    const { datagram } = this.host.self;
    if (datagram !== null) this.lan.spread(datagram, encodeToBytes(codec, message));
  }

  receive(from: Endpoint, bytes: Uint8Array): void {
    if (this.codec === null || this.handler === null || !(this.host instanceof SimHost && this.host.running)) return;
    try {
      this.handler.onHeard(from, this.codec.decode(bytes, 0, bytes.length));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
    }
  }
}
