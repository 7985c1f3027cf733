/**
 * Downloads that wait for a holder to dial us, because he cannot be dialled: matches those who come with those who wait, by the servent's GUID or the number
 * of the push. A way through it asks the network each time, and gives up after a while. Owns the waits; bounded.
 */

import { hexOf } from '../../core/hex.ts';
import type { Endpoint, Host, Stream } from '../../core/host.ts';
import type { CallBack } from './call-back.ts';
import type { FileAsk, HolderWay, WayAttempt, WayListener } from './holder-way.ts';

/** Who has the push passed on; the network's part of it. False: it cannot, now. */
export interface Pusher {
  push(): boolean;
}

/** By what the one who comes is known. */
export type PushKey = { readonly guid: Uint8Array } | { readonly pushId: number };

/** Waits in the queue of an uploader who may call when it is his turn (PARQ). */
export interface QueueCaller {
  /** `from`: who has dialled; the stream is the caller's from now on. */
  onCalled(stream: Stream, from: Endpoint): void;
}

/** Where uploaders can call back those whom they have wait. */
export interface CallBackPlace {
  /** Told to them; null: nobody can dial us. */
  readonly node: Endpoint | null;
  /** Null: too many are waited for. */
  expect(queueId: string, caller: QueueCaller): WayAttempt | null;
}

/** The way that a push takes: through a few servents, and a connection of the other side's. */
export const PUSH_MS_MAX = 20_000;
export const WAITS_MAX = 256;

export class PushDesk implements Omit<CallBackPlace, 'node'> {
  private readonly host: Host;
  /** By key, those who wait, the first one first. */
  private readonly waits = new Map<string, Wait[]>();
  private count = 0;
  /** By the id of the place in the queue. */
  private readonly queued = new Map<string, QueueCaller>();

  constructor(host: Host) {
    this.host = host;
  }

  /** A holder who is asked, each time, by `pusher`, to dial us. */
  way(name: string, key: PushKey, pusher: Pusher, ask: FileAsk): HolderWay {
    return { name, reach: (listener) => this.wait(keyOf(key), pusher, ask, listener) };
  }

  private wait(key: string, pusher: Pusher, ask: FileAsk, listener: WayListener): WayAttempt {
    const wait = new Wait(this, key, ask, listener, this.host.now());
    if (this.count >= WAITS_MAX || !pusher.push()) {
      listener.onUnreachable(this.count >= WAITS_MAX ? 'too many are waited for' : 'nobody can pass the push on');
      return wait;
    }
    const others = this.waits.get(key);
    if (others === undefined) this.waits.set(key, [wait]);
    else others.push(wait);
    this.count++;
    return wait;
  }

  expect(queueId: string, caller: QueueCaller): WayAttempt | null {
    if (this.queued.size >= WAITS_MAX && !this.queued.has(queueId)) return null;
    this.queued.set(queueId, caller);
    return {
      cancel: () => {
        if (this.queued.get(queueId) === caller) this.queued.delete(queueId);
      },
    };
  }

  /** Somebody has dialled us. False: nobody waits for him. */
  onCallBack(stream: Stream, message: CallBack): boolean {
    if (message.kind === 'queue') {
      const caller = this.queued.get(message.id);
      caller?.onCalled(stream, this.host.endpoint(stream.peer));
      return caller !== undefined;
    }
    const wait = this.waits.get(keyOfCallBack(message))?.[0];
    if (wait === undefined) return false;
    this.forget(wait);
    wait.listener.onStream(stream, wait.ask);
    return true;
  }

  tick(now: number): void {
    for (const waits of [...this.waits.values()]) {
      for (const wait of [...waits]) {
        if (now - wait.sinceMs < PUSH_MS_MAX) continue;
        this.forget(wait);
        wait.listener.onUnreachable('did not call back');
      }
    }
  }

  forget(wait: Wait): void {
    const waits = this.waits.get(wait.key) ?? [];
    const at = waits.indexOf(wait);
    if (at < 0) return;
    waits.splice(at, 1);
    this.count--;
    if (waits.length === 0) this.waits.delete(wait.key);
  }

  stop(): void {
    this.waits.clear();
    this.count = 0;
    this.queued.clear();
  }

  inspect(): unknown {
    return { waiting: this.count, queued: this.queued.size };
  }
}

class Wait implements WayAttempt {
  readonly key: string;
  readonly ask: FileAsk;
  readonly listener: WayListener;
  readonly sinceMs: number;
  private readonly desk: PushDesk;

  constructor(desk: PushDesk, key: string, ask: FileAsk, listener: WayListener, now: number) {
    this.desk = desk;
    this.key = key;
    this.ask = ask;
    this.listener = listener;
    this.sinceMs = now;
  }

  cancel(): void {
    this.desk.forget(this);
  }
}

function keyOf(key: PushKey): string {
  if ('guid' in key) return `guid ${hexOf(key.guid)}`;
  return `push ${key.pushId}`;
}

function keyOfCallBack(message: Exclude<CallBack, { readonly kind: 'queue' }>): string {
  switch (message.kind) {
    case 'giv':
    case 'push':
      return keyOf({ guid: message.guid });
    case 'give':
      return keyOf({ pushId: message.pushId });
  }
}
