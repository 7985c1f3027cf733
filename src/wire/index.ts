/** Formats that several protocols share: `kith/wire`. */

export * from './bencode.ts';
export * from './http-deframer.ts';
export * from './http-head.ts';
export * from './http-range.ts';
export * from './http-url.ts';
export * from './http.ts';
export * from './local-discovery.ts';
export * from './magnet.ts';
export * from './nat-pmp.ts';
export * from './pcp.ts';
export * from './safe-path.ts';
export * from './safe-text.ts';
export * from './ssdp.ts';
export * from './tracker-http.ts';
export * from './tracker-udp.ts';
export * from './tracker-websocket.ts';
