/** A framing out of a zlib stream: what comes is inflated a little at a time, for another framing to cut. Owns what of one direction has not been reported yet. */

import { concatBytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { Compression, Inflater } from '../core/compression.ts';
import type { Deframer, FrameSink, Framing } from '../core/framing.ts';

const NOTHING = new Uint8Array(0);
/** So much is inflated at a time: half a megabyte comes of it at most, and what that holds is looked at before there is more. */
const INFLATED_AT_ONCE_BYTES = 512;

export function inflatedFraming<M, H>(framing: Framing<M, H>, compression: Compression): Framing<M, H> {
  return {
    name: `${framing.name}, deflated`,
    deframer: () => new InflatedDeframer(framing.deframer(), compression.inflater()),
  };
}

class InflatedDeframer<M, H> implements Deframer<M, H> {
  private readonly plain: Deframer<M, H>;
  private readonly inflater: Inflater;
  /** Inflated, and not taken yet. */
  private kept: Uint8Array = NOTHING;
  /** The last byte that was inflated is not given back as consumed while something is left of it: it is asked for again. */
  private owesByte = false;

  constructor(plain: Deframer<M, H>, inflater: Inflater) {
    this.plain = plain;
    this.inflater = inflater;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M, H>): number {
    let at = start;
    while (sink.open && at < end) {
      if (this.owesByte) {
        this.owesByte = false;
        at++;
      } else {
        const stop = Math.min(end, at + INFLATED_AT_ONCE_BYTES);
        const inflated = this.inflater.push(bytes.subarray(at, stop));
        if (inflated === null) throw new MalformedMessage('a zlib stream expected, got none');
        this.kept = this.kept.length === 0 ? inflated : concatBytes([this.kept, inflated]);
        at = stop;
      }
      const taken = this.plain.push(this.kept, 0, this.kept.length, sink);
      this.kept = this.kept.slice(taken);
      if (sink.open) continue;
      this.owesByte = true;
      return at - 1;
    }
    return at;
  }
}
