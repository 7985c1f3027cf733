/** What others may use of FastTrack. */

export { BAD_REASONS, type BadHash, BadHashes, type BadHashList, type BadReason, publishBadHashes, readBadHashes } from './bad-hashes.ts';
export { type ElectionRules, ELECTION_RULES } from './election.ts';
export { FastTrackNode, type FastTrackPorts, type PushListener } from './fasttrack-node.ts';
export type { ForeignDoor } from './opening.ts';
export { FASTTRACK_DEFAULTS, type FastTrackOptions } from './options.ts';
export { Participation } from './participation.ts';
export { type SessionMessage, type Term, Type } from './messages.ts';
