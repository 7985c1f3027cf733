/** What others may use of Kademlia. */

export { estimateCount, insertAddress } from './bloom-filter.ts';
export { Contact } from './contact.ts';
export type { FindNodeHandler, LookupCost, NodesFound } from './find-node.ts';
export type { FindPeersHandler, FindPeersOptions, PeersFound } from './find-peers.ts';
export type { GetItemHandler, ItemFound, ItemName } from './get-item.ts';
export { linkIdealTables } from './ideal-tables.ts';
export { immutableTarget, type MutableItem, mutableTarget, signItem, torrentOfValue, torrentValue, verifyItem } from './item.ts';
export { Kademlia } from './kademlia.ts';
export { type HostPort, KADEMLIA_DEFAULTS, type KademliaOptions, MAINLINE_ROUTERS } from './kademlia-options.ts';
export { krpc } from './krpc.ts';
export { KrpcCode } from './krpc-messages.ts';
export type * from './krpc-messages.ts';
export { NodeId, readId } from './node-id.ts';
export type { ItemPut, PutItemHandler } from './put-item.ts';
export type { SampleHandler } from './sample-info-hashes.ts';
export type { KademliaState } from './saved-state.ts';
export { conforms, secureId } from './secure-id.ts';
export { SIMULATED_SIGNATURES } from './simulated-signatures.ts';
