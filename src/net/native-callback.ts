/** Callbacks for a library that is not JavaScript: an error that got out of one into it would end the process without a word. Owns nothing. */

/** The same, but that its error comes up in an event of its own, as any that nobody has caught. */
export function nativeCallback<A extends unknown[]>(call: (...values: A) => void): (...values: A) => void {
  return (...values) => {
    try {
      call(...values);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };
}
