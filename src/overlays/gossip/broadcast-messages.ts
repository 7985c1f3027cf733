/** The messages of HyParView and Plumtree, declared: both speak over the same links. */

import { bool, bytes, endpoint, list, optional, u8, u16, u32 } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';

/** With its head, a broadcast fits into a packet that no link cuts up. */
export const PAYLOAD_BYTES_MAX = 1_024;
export const SHUFFLE_MAX = 32;
export const ANNOUNCED_MAX = 40;

export const join = message('join', 1, { transaction: u32 });
/** You are my neighbour now, who came by joining. */
export const welcome = message('welcome', 2, { transaction: u32 });
export const forwardJoin = message('forwardJoin', 3, { newcomer: endpoint, ttl: u8 });
/** Be my neighbour; `urgent`: I have no other, or too few for too long, so that you may not refuse. */
export const neighbour = message('neighbour', 4, { transaction: u32, urgent: bool });
export const neighbourReply = message('neighbourReply', 5, { transaction: u32, accepted: bool });
/** You are not my neighbour any more. */
export const disconnect = message('disconnect', 6, { leaving: bool });
export const shuffle = message('shuffle', 7, { origin: endpoint, ttl: u8, nodes: list(endpoint, SHUFFLE_MAX) });
export const shuffleReply = message('shuffleReply', 8, { nodes: list(endpoint, SHUFFLE_MAX) });
export const ping = message('ping', 9, { transaction: u32 });
/** `isNeighbour`: whether I take you for mine. */
export const pong = message('pong', 10, { transaction: u32, isNeighbour: bool });

const announcement = record({ id: id160, round: u16 });
export const gossip = message('gossip', 20, { id: id160, round: u16, payload: bytes(PAYLOAD_BYTES_MAX) });
/** I have these, if you lack them. */
export const ihave = message('ihave', 21, { announced: list(announcement, ANNOUNCED_MAX) });
/** Send me that, and all that follows, at once. Without an id: only what follows. */
export const graft = message('graft', 22, { id: optional(id160), round: u16 });
/** I have it from another: only announce to me from now on. */
export const prune = message('prune', 23, {});

export const broadcastCodec = family(
  'broadcast',
  join,
  welcome,
  forwardJoin,
  neighbour,
  neighbourReply,
  disconnect,
  shuffle,
  shuffleReply,
  ping,
  pong,
  gossip,
  ihave,
  graft,
  prune,
);

export type BroadcastMessage = MessageOf<typeof broadcastCodec>;
export type Announcement = MessageOf<typeof ihave>['announced'][number];
