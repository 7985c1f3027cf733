/** Protocols on real sockets and disks: `kith/net`. */

export { SocketHost, type SocketHostOptions, type Tap } from './socket-host.ts';
