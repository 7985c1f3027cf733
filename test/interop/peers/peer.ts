/** What every program that others wrote looks like to the interop tests and the benchmarks; each driver is one file beside this one. */

/** What a program is asked to do with one torrent. Exactly one of `torrent` and `magnet` is given. */
export interface PeerOptions {
  readonly role: 'seed' | 'leech';
  /** Path of a .torrent file. */
  readonly torrent?: string;
  readonly magnet?: string;
  /** Absolute folder that holds the content (seed) or gets it (leech): the torrent's name is an entry of it. */
  readonly folder: string;
  /** TCP port to listen on. */
  readonly port: number;
  /** The address to listen on and to dial from; 127.0.0.1 when absent, and for programs that cannot be told. */
  readonly address?: string;
  /** `ip:port` of peers to dial as soon as the program runs; ignored by programs that cannot be told to dial. */
  readonly peers?: readonly string[];
  readonly encryption?: PeerEncryption;
  /** Nodes of a DHT to begin with, `ip:port`; without them the program takes part in none. Programs that cannot be told ignore it. */
  readonly dhtNodes?: readonly string[];
  /** Over µTP, and over nothing else where the program can be told. */
  readonly utp?: true;
  /** Over WebRTC, introduced by a tracker on a WebSocket. Programs that cannot ignore it. */
  readonly webRtc?: true;
  /** How it looks for peers besides trackers and what it is told; not at all when absent. */
  readonly finds?: readonly PeerFinding[];
}

/** Peer exchange (BEP 11), local discovery (BEP 14). */
export type PeerFinding = 'pex' | 'lsd';

/** off: plain. allowed: as the program likes it. handshake, rc4: it insists, on an encrypted handshake or on all traffic being so. */
export type PeerEncryption = 'off' | 'allowed' | 'handshake' | 'rc4';

/** A program running with one torrent. Every wait is bounded, and `stop` leaves no process and no folder behind. */
export interface RunningPeer {
  readonly name: string;
  /** `ip:port` it listens on. */
  readonly endpoint: string;
  readonly pid: number;
  /** Tells the program to connect to a peer; false when it has no way to be told. */
  dial(endpoint: string): Promise<boolean>;
  /** Share of the content that is there and verified, 0..1. */
  progress(): Promise<number>;
  /** Resolves when the content is complete and verified; throws with the program's last words after `timeoutMs`. */
  done(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface PeerProgram {
  readonly name: string;
  /** True when the program connects to 127.0.0.1 by itself once a tracker or a magnet link names it. */
  readonly dialsLoopback: boolean;
  /** True when the program leaves empty files out of what it downloads. */
  readonly skipsEmptyFiles: boolean;
  /** Why it cannot run here, or null. */
  missing(): string | null;
  /** Resolves when the program listens, and, as a seed, has checked its content. */
  start(options: PeerOptions): Promise<RunningPeer>;
}

/** How long a program may take to listen and check a small content. */
export const START_MS_MAX = 30_000;
