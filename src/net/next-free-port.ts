/** A busy port becomes the next free one: how both sockets of a host find theirs; owns no state. */

/** How many ports after the wanted one are tried. */
export const PORT_TRIES = 32;

/** Calls `bind` with the wanted port, then with those after it while they are taken. 0 is tried once: the system picks. */
export async function bindNextFree(wanted: number, bind: (port: number) => Promise<void>): Promise<void> {
  for (let step = 0; ; step++) {
    try {
      return await bind(wanted + step);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || wanted === 0 || step === PORT_TRIES || wanted + step === 65_535) throw error;
    }
  }
}
