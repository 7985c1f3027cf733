/** What overlays, and those who run them, use of values that several nodes hold. */

export { type AccessHandler, type AccessResult, Get, Put } from './access.ts';
export { type EntryHandler, type EntryState, ValueClient } from './client.ts';
export { Entrance } from './entrance.ts';
export { HandOver, type HandOverHandler, type Heirs } from './hand-over.ts';
export { HeldValues } from './held-values.ts';
export { type QuestionOf, ValueMember, type WordOf } from './member.ts';
export { checkValue, fetch, fetched, offer, store, stored, VALUE_BYTES_MAX, VALUE_MESSAGES, wanted } from './messages.ts';
export type { ValueMessage } from './messages.ts';
export { NearestFew, type RttOf } from './nearest-few.ts';
export type { Box, Point, PointNeighbour } from './point.ts';
export type {
  Hop,
  LeaveHandler,
  OwnersFound,
  OwnersHandler,
  Replication,
  Standing,
  Upkeep,
  ValueAccess,
  ValueNode,
  ValuePlace,
  ValueSeeker,
} from './owners.ts';
export { PointMember } from './point-member.ts';
export { TIMER_JOIN, TIMER_OWN } from './timer-kinds.ts';
