/** What a process that runs for days and rests for most of them asks of V8: little memory before the last of its speed; owns no state. */

import { setFlagsFromString } from 'node:v8';

/**
 * To be called before the program of the node is loaded, which alone fills 20 MB of the young generation, and for good: given back later, the
 * memory grows again while nothing happens. With a thousand torrents at rest 93 MB were resident with both, 145 without; sending costs a tenth more CPU. Both may be changed while V8
 * runs: they are looked up when a function gets hot, and when the young generation has filled.
 */
export function restLightly(): void {
  // Its compiler in the middle takes 20 MB that stay; what stays hot is compiled by the last one as ever.
  setFlagsFromString('--no-maglev');
  // The young generation would grow from 1 MB to 32 MB while everything starts, and keep them.
  setFlagsFromString('--semi-space-growth-factor=1');
}
