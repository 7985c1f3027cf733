/** What others use of µTP. */

export { TARGET_MS } from './ledbat.ts';
export { UtpPort } from './utp-port.ts';
