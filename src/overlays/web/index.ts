/** What others may use of callers over HTTP. */

export { type WebCaller } from './web-caller.ts';
export { WebCallers } from './web-callers.ts';
