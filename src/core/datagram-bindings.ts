/** Who gets which datagrams of one host: the protocols that share its datagram socket, told apart by the first bytes. Owned by a host. */

import type { Codec } from './codec.ts';
import type { DatagramHandler } from './host.ts';

export interface DatagramBinding {
  readonly codec: Codec<unknown>;
  handler: DatagramHandler<unknown>;
}

export class DatagramBindings {
  private readonly bindings: DatagramBinding[] = [];

  /** Binding a codec again gives its datagrams to another handler. */
  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void {
    // The handler gets what this very codec has decoded, so the types of the two agree.
    const known = codec as Codec<unknown>;
    const taker = handler as DatagramHandler<unknown>;
    const before = this.of(known);
    if (before !== null) before.handler = taker;
    else this.bindings.push({ codec: known, handler: taker });
  }

  get empty(): boolean {
    return this.bindings.length === 0;
  }

  /** The binding of that codec, or null. */
  of(codec: Codec<unknown>): DatagramBinding | null {
    for (const binding of this.bindings) if (binding.codec === codec) return binding;
    return null;
  }

  /** The first whose codec takes the datagram for one of its own, then the first that takes everything; null when nobody wants it. */
  recognizing(bytes: Uint8Array, start: number, end: number): DatagramBinding | null {
    let rest: DatagramBinding | null = null;
    for (const binding of this.bindings) {
      const { codec } = binding;
      if (codec.recognizes === undefined) rest ??= binding;
      else if (codec.recognizes(bytes, start, end)) return binding;
    }
    return rest;
  }
}
