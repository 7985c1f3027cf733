/** Whether somebody can be dialled where he says: a stream that is ended as soon as it is open, by which he learns that he can be. Owns it. */

import type { CloseReason, Endpoint, Host, Stream, StreamHandler } from '../../core/host.ts';
import type { PartingStreams } from '../../core/parting-streams.ts';
import { answerFrames, type ForeignBytes, type OpeningBytes } from './opening.ts';

/** Who wants to know. */
export interface Probed {
  /** Once, within CONNECT_TIMEOUT_MS. */
  onProbed(reached: boolean): void;
}

export class Probe implements StreamHandler<OpeningBytes | ForeignBytes> {
  private readonly owner: Probed;
  private readonly parting: PartingStreams;
  private isOver = false;

  private constructor(parting: PartingStreams, owner: Probed) {
    this.parting = parting;
    this.owner = owner;
  }

  static dial(host: Host, parting: PartingStreams, endpoint: Endpoint, owner: Probed): void {
    host.connect(host.peer(endpoint), answerFrames, new Probe(parting, owner));
  }

  onOpen(stream: Stream): void {
    this.parting.end(stream);
    this.tell(true);
  }

  onClose(_reason: CloseReason): void {
    this.tell(false);
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}

  private tell(reached: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.onProbed(reached);
  }
}
