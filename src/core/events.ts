/**
 * The catalogue of what `Host.tap` reports: a number an event, one block of a hundred a system, and what a, b and c mean. Protocols
 * name events from here; names for people and the formatting of a line are in `observe/`. A number once given is not reused: traces keep them.
 */

/** What the hosts themselves report, on sockets and in the simulator. `peer` is the host's own small integer. */
export const HostEvent = {
  /** a: peer, b: bytes. A datagram that its codec rejected; dropped. */
  datagramMalformed: 1,
  /** a: peer, b: bytes, c: 1 larger than a datagram may be, 2 the network refused it, 3 nobody is bound. Dropped. */
  datagramDropped: 2,
  /** a: peer, b: 1 when the other side opened it. */
  streamOpened: 3,
  /** a: peer, b: index into CLOSE_REASONS, c: 1 when the other side had opened it. */
  streamClosed: 4,
  /** a: peer. What came was no frame of the protocol; `streamClosed` follows. */
  streamMalformed: 5,
  /** a: peer. A newcomer that the acceptor, or a limit of the host, turned away. */
  streamRefused: 6,
  /** a: 1 opened, 2 failed, 3 behind its dirty limit, 4 drained, 5 closed. */
  store: 7,
} as const;

/** Request and reply, and the iterative lookups on top (`rpc.ts`, `lookup.ts`). */
export const RpcEvent = {
  /** a: peer, b: transaction. Neither asked for nor awaited from that peer; dropped. */
  replyUnexpected: 50,
  /** a: peer, b: transaction. The short timeout: a lookup widens. */
  slow: 51,
  /** a: peer, b: transaction. The long timeout: the peer is given up. */
  timeout: 52,
  /** a: hops, b: peers asked, c: 1 when it found what it was for. */
  lookupDone: 53,
  /** a: pending calls. A call refused at the bound. */
  pendingFull: 54,
} as const;

/** The BitTorrent engine. `slot` is the index of the connection within its torrent. */
export const BitTorrentEvent = {
  /** a: slot. We serve the peer from now on; b: 1 optimistic. */
  unchoke: 100,
  /** a: slot. We stop serving the peer. */
  choke: 101,
  /** a: slot. The peer serves us from now on. */
  unchoked: 102,
  /** a: slot. The peer stops serving us. */
  choked: 103,
  /** a: slot, b: piece, c: block. We asked for it. */
  request: 104,
  /** a: slot, b: piece, c: block. It came, and was new. */
  block: 105,
  /** a: slot, b: piece, c: block. It came, and we had it already. */
  blockWasted: 106,
  /** a: slot, b: piece, c: block. The peer will not serve it, or we gave up waiting. */
  requestLost: 107,
  /** a: piece. Its hash is right and it is on disk. */
  pieceVerified: 108,
  /** a: piece. Its hash is wrong; its blocks are asked for again. */
  pieceFailed: 109,
  /** a: slot. It owes us blocks and has sent nothing for a minute (BEP 3). */
  snubbed: 110,
  /** a: slot. It sent a block that was proven wrong; it is not dialled or accepted again. */
  peerBanned: 111,
  /** a: slot, b: 1 incoming. The handshake is done and the torrent has admitted the peer. */
  peerJoined: 112,
  /** a: slot, b: index into CLOSE_REASONS. */
  peerLeft: 113,
  /** a: slot. It broke the protocol; the connection is closed. */
  peerMisbehaved: 114,
  /** Every wanted piece is there. a: pieces. */
  completed: 115,
  /** Every wanted block is asked for: blocks may be asked of several peers now. a: blocks missing. */
  endgame: 116,
  /** a: bytes. The info dictionary has come from peers and its hash is right (BEP 9). */
  metadataDone: 117,
  /** a: slot. The info dictionary it took part in had another hash (BEP 9). */
  metadataFailed: 118,
  /** a: tier, b: peers got, c: interval in seconds. */
  announced: 119,
  /** a: tier. The tracker gave no answer, or an error. */
  announceFailed: 120,
  /** a: pieces verified. The store cannot go on. */
  storeFailed: 121,
  /** a: slot, b: peers it tells us of, c: those that we keep (BEP 11). */
  peersExchanged: 130,
  /** a: slot of the peer that introduces or is introduced, b: 0 we ask it to, 1 it asks us to and we do, 2 we follow (BEP 55). */
  introduction: 131,
  /** a: how many of our torrents somebody in the local network says to share (BEP 14). */
  heardLocally: 132,
} as const;

/** The tracker, server side. */
export const TrackerEvent = {
  /** a: peers of the torrent, b: peers handed out, c: 0 none, 1 completed, 2 started, 3 stopped (BEP 15). */
  announce: 200,
  /** a: torrents asked about. */
  scrape: 201,
  /** a: 1 connection id, 2 format, 3 not on the list, 4 rate. Answered by an error or not at all. */
  rejected: 202,
  /** a: peers dropped for their age, b: peers left, c: torrents left. */
  expired: 203,
  /** a: offers, b: peers that they were handed to. An announce over a WebSocket. */
  introduced: 204,
} as const;

/** The introducer, server side. */
export const IntroducerEvent = {
  /** a: its network, by its place in the options, b: members kept of that. A member is passed on from now on. */
  admitted: 220,
  /** a: so many in all. An update was not taken. */
  refused: 221,
} as const;

/** Chord. `unit` is the number of the virtual node on its host. */
export const ChordEvent = {
  /** a: unit, b: successors. It is a member of the ring. */
  joined: 300,
  /** a: unit, b: successors. Its first successor is another. */
  successor: 301,
  /** a: unit. All its successors are dead: it joins again. */
  orphaned: 302,
  /** a: hops, b: dead nodes waited for, c: 1 when the owner was found. */
  lookup: 303,
} as const;

/** Pastry. */
export const PastryEvent = {
  /** a: leaves, b: rows of the table. It is a member. */
  joined: 320,
  /** a: hops, b: dead nodes waited for, c: 1 when the owner was found. */
  lookup: 321,
} as const;

/** Tapestry. */
export const TapestryEvent = {
  /** a: links, b: levels of the table. It is a member. */
  joined: 390,
  /** a: hops, b: dead nodes waited for, c: 1 when the root was found. */
  lookup: 391,
  /** a: level, b: the number that the newcomer gave its insertion. A multicast has reached the node. */
  reached: 392,
  /** a: nodes reached, b: 1 when all have acknowledged. The newcomer's multicast is over. */
  inserted: 393,
} as const;

/** Kelips. */
export const KelipsEvent = {
  /** a: members of its group that it knows, b: contacts. It is a member. */
  joined: 340,
  /** a: hops, b: dead nodes waited for, c: 1 when a holder was found. */
  lookup: 341,
} as const;

/** CAN. */
export const CanEvent = {
  /** a: reality, b: depth of the zone, c: neighbours it was told of. It is a member. */
  joined: 350,
  /** a: hops, b: dead nodes waited for, c: 1 when the owner was found. */
  lookup: 351,
  /** a: reality, b: zones, c: depth of the first. Its owner seemed dead. */
  takenOver: 352,
  /** a: reality, b: hops of the search, c: depth. A zone was handed to who could take it. */
  reassigned: 353,
} as const;

/** Updates that spread by rumour. */
export const RumourEvent = {
  /** a: round, b: 1 for a death certificate. An update was news here. */
  heard: 360,
} as const;

/** SWIM. */
export const SwimEvent = {
  /** a: 0 alive, 1 suspect, 2 dead, b: members known. What is known of a member has changed. */
  state: 370,
} as const;

/** Plumtree on HyParView. */
export const BroadcastEvent = {
  /** a: hops, b: bytes. A broadcast has arrived for the first time. */
  delivered: 380,
  /** a: 1 up, 0 down, b: active view. A neighbour came or went. */
  neighbour: 381,
} as const;

/** Kademlia, the Mainline DHT. */
export const KademliaEvent = {
  /** a: 4 or 6, the address family, b: contacts, c: buckets. */
  joined: 400,
  /** a: own port as others see it. The id has changed to fit our address (BEP 42). */
  renamed: 401,
  /** a: info-hashes kept, b: peers kept, c: 1 for a seed. A peer was announced to us. */
  announced: 402,
  /** a: items kept, b: bytes of this one, c: 1 mutable. An item was put here. */
  stored: 403,
  /** a: 1 flood, 2 token, 3 arguments, 4 no room; b: code of the error sent, 0 none. */
  rejected: 404,
  /** a: peers, b: nodes that took our announce, c: questions. A search for peers is over. */
  peersFound: 405,
} as const;

/** Napster: from 700 on its index server, from 710 on a user. */
export const NapsterEvent = {
  /** a: users, b: files of all of them. Somebody has logged in. */
  userCame: 700,
  /** a: users left, b: files left. */
  userGone: 701,
  /** a: files found here, b: linked servers that were asked as well. */
  searched: 702,
  /** a: links, b: users here. Another server is linked to this one. */
  linked: 703,
  /** a: links left, b: users that went with it. */
  linkLost: 704,
  /** a: servers known. A server has let us in. */
  online: 710,
  /** a: servers known, b: times that this one has failed in a row. */
  offline: 711,
  /** a: type of the message. Nobody waits for it, or it is none. */
  dropped: 712,
  /** a: 1 he can be dialled, 2 he has come, 3 busy, 4 none. A meeting with a holder is arranged, or is not. */
  met: 713,
  /** a: uploads, b: bytes to send. */
  uploadBegan: 714,
  /** a: uploads left, b: bytes sent, c: 1 when he has all of it. */
  uploadOver: 715,
} as const;

/** Gnutella2. */
export const Gnutella2Event = {
  /** a: 1 up, 0 down, b: 1 a hub, 0 a leaf, c: neighbours. */
  neighbour: 430,
  /** a: 1 hub, 0 leaf, b: neighbours it had. The role has changed. */
  role: 431,
  /** a: hits, b: hubs that are known to have it, c: packets sent. A search of ours is over. */
  searched: 432,
} as const;

/** Gnutella. */
export const GnutellaEvent = {
  /** a: 1 up, 0 down, b: its number, c: neighbours. */
  neighbour: 420,
  /** a: 1 ultrapeer, 0 leaf, b: neighbours it had. The role has changed. */
  role: 421,
  /** a: hits, b: milliseconds since it began. A search of ours is over. */
  searched: 422,
} as const;

/** `CloseReason` of host.ts as a number: the index here. Order is part of the trace format; new ones go last. */
export const CLOSE_REASONS = ['ended', 'local', 'reset', 'refused', 'timeout', 'unreachable', 'malformed'] as const;
