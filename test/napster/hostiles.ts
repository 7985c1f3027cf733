/** Servers, users and peers of Napster that say what a test has them say. */

import assert from 'node:assert/strict';
import { latin1Bytes } from '../../src/core/bytes.ts';
import type { Endpoint, Host, Protocol, Stream, StreamHandler } from '../../src/core/host.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from '../../src/overlays/napster/frames.ts';
import { Type } from '../../src/overlays/napster/message-types.ts';
import { rawFrames } from '../../src/overlays/napster/transfer/raw-stream.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { SharedFile } from '../../src/wire/shared-file.ts';
import { NapsterRoom, type SimUser } from './worlds.ts';

/** A server that lets everybody in, and then says what the test says. */
export class HostileServer implements Protocol, StreamHandler<NapsterMessage> {
  readonly heard: NapsterMessage[] = [];
  streams: Stream[] = [];
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.listen(napsterFrames, { onConnection: () => this });
  }

  onOpen(stream: Stream): void {
    this.streams.push(stream);
  }

  onMessage(message: NapsterMessage): void {
    this.heard.push(message);
    if (message.type === Type.checkNick) this.say(Type.nickFree);
    if (message.type === Type.register) this.say(Type.loggedIn, 'anon@evil');
  }

  say(type: number, text = ''): void {
    this.streams.at(-1)?.send(napsterCodec, { type, text });
  }

  onTimer(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

/** Somebody who is dialled, or dials, and says what the test says, as bytes. */
export class Peer implements Protocol, StreamHandler<never> {
  dialled = 0;
  heard = '';
  closed = false;
  private readonly host: Host;
  private readonly script: readonly string[];
  private stream: Stream | null = null;

  constructor(host: Host, script: readonly string[]) {
    this.host = host;
    this.script = script;
  }

  start(): void {
    this.host.listen(rawFrames, { onConnection: () => this });
  }

  dial(endpoint: Endpoint): void {
    this.stream = this.host.connect(this.host.peer(endpoint), this, this);
  }

  onOpen(stream: Stream): void {
    this.dialled++;
    this.stream = stream;
    stream.upgrade(this, this);
    for (const text of this.script) this.say(text);
  }

  say(text: string): void {
    this.stream?.send(rawBytes, new RawBytes(latin1Bytes(text)));
  }

  readonly name = 'a peer of the test';
  deframer() {
    return {
      push: (bytes: Uint8Array, start: number, end: number): number => {
        this.heard += String.fromCharCode(...bytes.subarray(start, end));
        return end;
      },
    };
  }

  onClose(): void {
    this.closed = true;
  }

  onTimer(): void {}
  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.stream?.end();
  }
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

export interface HostileRoom {
  readonly room: NapsterRoom;
  readonly server: HostileServer;
  readonly alice: SimUser;
  peer(...script: string[]): SimNode<Peer>;
}

/** alice shares those files, and the server is not what it seems. */
export function underHostileServer(files: readonly SharedFile[]): HostileRoom {
  const room = new NapsterRoom({ mode: 'bytes' });
  const node = room.world.addNode((host) => new HostileServer(host));
  const alice = room.user({ nick: 'alice' }, files);
  alice.client.addServer(node.endpoint);
  room.world.runFor(1_000);
  assert.ok(alice.client.isOnline);
  return { room, server: node.protocol, alice, peer: (...script) => room.world.addNode((host) => new Peer(host, script)) };
}
