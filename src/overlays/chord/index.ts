/** What others may use of Chord. */

export type { AccessHandler, AccessResult } from '../values/index.ts';
export { Chord, type LookupStyle } from './chord.ts';
export type { EntryHandler, EntryState } from '../values/index.ts';
export { ChordClient } from './client.ts';
export { CHORD_DEFAULTS, type ChordOptions } from './chord-options.ts';
export { Contact, contactAt } from '../../core/contact.ts';
export type { LeaveHandler } from '../values/index.ts';
export type { FindHandler, FindResult } from './find.ts';
export { linkIdealRing } from './ideal-ring.ts';
export { idealComplaint, invariantComplaint, principalsOf, type RingMember } from './invariant.ts';
export { VALUE_BYTES_MAX } from '../values/index.ts';
export { pointsOf } from './points.ts';
export { bytesOfId, idOfBytes, RingId } from './ring-id.ts';
export type { VirtualNode } from './virtual-node.ts';
