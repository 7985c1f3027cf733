/** What every protocol is written with: `kith/core`. */

export * from './aligned-pieces.ts';
export * from './bitset.ts';
export * from './bytes.ts';
export * from './codec.ts';
export * from './endpoint.ts';
export * from './events.ts';
export * from './fields.ts';
export type * from './framing.ts';
export * from './hex.ts';
export * from './host.ts';
export * from './id.ts';
export * from './id160.ts';
export * from './keyed-hash.ts';
export * from './lookup.ts';
export * from './lru.ts';
export * from './merkle.ts';
export * from './message.ts';
export * from './portable-math.ts';
export * from './random.ts';
export * from './raw-bytes.ts';
export * from './rc4.ts';
export * from './rpc.ts';
export * from './sha1.ts';
export * from './sha256.ts';
export * from './side-by-side.ts';
export * from './signatures.ts';
export * from './utf8.ts';
