/** A slice of stored content on its way out: bytes in a read buffer that is used again once all its slices have left. */

/** Whoever lent the bytes. */
export interface BodyLender {
  /** One body has left; called once for each body that a stream took. */
  returned(): void;
}

/**
 * What `ReadOperation.onRead` gets on sockets. Its bytes stay unchanged until a stream to which it was handed has sent it; one that is
 * never handed to a stream stays unchanged for good.
 */
export class StoredBody extends Uint8Array<ArrayBuffer> {
  /** Null once a stream has taken the body over. */
  lender: BodyLender | null = null;

  /** Slices that a caller makes are plain arrays. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }
}
