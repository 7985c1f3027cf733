/** We were asked to dial, and bring a file: dials, says which it is about, and then serves as if we had been dialled. Owned by the upload server until it is open. */

import type { Endpoint, Host, Stream, StreamHandler } from '../../core/host.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { type CallBack, callBack } from './call-back.ts';

export interface GiveOwner {
  onGiveOpen(attempt: GiveAttempt, stream: Stream): void;
  onGiveFailed(attempt: GiveAttempt): void;
}

export class GiveAttempt implements StreamHandler<HttpRequest> {
  private readonly owner: GiveOwner;
  private readonly message: CallBack;

  constructor(host: Host, owner: GiveOwner, to: Endpoint, message: CallBack) {
    this.owner = owner;
    this.message = message;
    host.connect(host.peer(to), httpRequests, this);
  }

  onOpen(stream: Stream): void {
    stream.send(callBack, this.message);
    this.owner.onGiveOpen(this, stream);
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}

  onClose(): void {
    this.owner.onGiveFailed(this);
  }
}
