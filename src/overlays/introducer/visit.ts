/** Dials whoever was told of, before anybody else is sent there: a connection that opens is proof enough. Owns its stream, which it ends at once. */

import type { Framing } from '../../core/framing.ts';
import type { Endpoint, Host, Stream, StreamHandler } from '../../core/host.ts';
import type { PartingStreams } from '../../core/parting-streams.ts';

export interface VisitListener {
  onVisited(visit: Visit, answered: boolean): void;
}

/** Nothing is said, and what is said to us is of no interest. */
const SILENCE: Framing<never> = {
  name: 'nothing',
  deframer: () => ({ idle: true, push: (_bytes, _start, end) => end }),
};

export class Visit implements StreamHandler<never> {
  readonly endpoint: Endpoint;
  private readonly listener: VisitListener;
  private readonly stream: Stream;
  private readonly parting: PartingStreams;
  private over = false;

  constructor(host: Host, parting: PartingStreams, endpoint: Endpoint, listener: VisitListener) {
    this.parting = parting;
    this.endpoint = endpoint;
    this.listener = listener;
    this.stream = host.connect(host.peer(endpoint), SILENCE, this);
  }

  /** Nothing is told any more. */
  cancel(): void {
    this.over = true;
    this.stream.reset();
  }

  onOpen(): void {
    if (this.over) return;
    this.over = true;
    // Who is dialled learns that he can be.
    this.parting.end(this.stream);
    this.listener.onVisited(this, true);
  }

  onClose(): void {
    if (this.over) return;
    this.over = true;
    this.listener.onVisited(this, false);
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
}
