/** What others may use of gossip. */

export { Broadcast, type BroadcastHandler } from './broadcast.ts';
export { PAYLOAD_BYTES_MAX } from './broadcast-messages.ts';
export { BROADCAST_DEFAULTS, type BroadcastOptions } from './broadcast-options.ts';
export { Cyclon, CYCLON_DEFAULTS, type CyclonOptions } from './cyclon.ts';
export { RUMOUR_DEFAULTS, type RumourOptions } from './rumour-options.ts';
export { Rumours } from './rumours.ts';
export { type MemberState, Swim, SWIM_DEFAULTS, type SwimOptions } from './swim.ts';
export { type Update, UPDATE_VALUE_BYTES_MAX } from './update.ts';
