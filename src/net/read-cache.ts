/**
 * Content read from disk to be sent: chunks in reused buffers, shared by all stores of a host, least recently used given up first.
 * A chunk is read once for all who ask, and its bodies are slices of it; a buffer is used again when all of them have left.
 */

import type { Deferred, EventLoop } from './event-loop.ts';
import type { BodyLender } from './stored-body.ts';

/** Chunks that are kept; those in use come on top. */
export const READ_CACHE_BYTES = 16 << 20;
/** Chunks that were given up while bodies of them were still on their way. Beyond this, bodies are copies. */
export const READ_PINNED_BYTES_MAX = 32 << 20;
/** Reads under way at once; Node's pool has four threads. */
const LOADS_MAX = 6;
const IDLE_BYTES_MAX = 4 << 20;

export type ChunkState = 'queued' | 'loading' | 'ready' | 'failed';

/** Who fills chunks and is told about it. */
export interface ChunkOwner {
  /** Fills `chunk.bytes` and calls `cache.loaded`. */
  load(chunk: Chunk): void;
  onChunk(chunk: Chunk): void;
}

export class Chunk implements BodyLender {
  readonly cache: ReadCache;
  readonly owner: ChunkOwner;
  readonly key: number;
  readonly start: number;
  readonly length: number;
  state: ChunkState = 'queued';
  buffer: ArrayBuffer | null = null;
  /** Reads that wait for the chunk, and bodies of it that are on their way. */
  lent = 0;
  evicted = false;
  pinned = false;

  constructor(cache: ReadCache, owner: ChunkOwner, key: number, start: number, length: number) {
    this.cache = cache;
    this.owner = owner;
    this.key = key;
    this.start = start;
    this.length = length;
  }

  returned(): void {
    this.lent--;
    if (this.lent === 0 && this.evicted) this.cache.unused(this);
  }
}

export class ReadCache implements Deferred {
  private readonly loop: EventLoop;
  /** In order of use. */
  private readonly chunks = new Map<number, Chunk>();
  private bytes = 0;
  private pinnedBytes = 0;
  private loading = 0;
  private readonly queue: Chunk[] = [];
  private idle: ArrayBuffer[] = [];
  private idleBytes = 0;
  /** Bodies that nobody sends are collected, and their chunk with them. */
  private readonly collected = new FinalizationRegistry<number>((bytes) => {
    this.pinnedBytes -= bytes;
  });

  constructor(loop: EventLoop) {
    this.loop = loop;
  }

  get crowded(): boolean {
    return this.pinnedBytes > READ_PINNED_BYTES_MAX;
  }

  get(key: number): Chunk | null {
    const chunk = this.chunks.get(key);
    if (chunk === undefined) return null;
    this.chunks.delete(key);
    this.chunks.set(key, chunk);
    return chunk;
  }

  /** A chunk that is not there yet; its owner is asked to load it when it is its turn. */
  add(owner: ChunkOwner, key: number, start: number, length: number): Chunk {
    const chunk = new Chunk(this, owner, key, start, length);
    this.chunks.set(key, chunk);
    this.bytes += length;
    this.evict();
    // Not from inside the call that asked: a load may fail at once.
    if (this.queue.push(chunk) === 1) this.loop.afterEvent(this);
    return chunk;
  }

  runDeferred(): void {
    this.loadNext();
  }

  /** Room to read something that nobody has asked for yet. */
  get leisure(): boolean {
    return this.queue.length === 0 && this.loading < LOADS_MAX - 1;
  }

  loaded(chunk: Chunk, ok: boolean): void {
    this.loading--;
    chunk.state = ok ? 'ready' : 'failed';
    if (!ok) this.remove(chunk);
    this.loadNext();
    chunk.owner.onChunk(chunk);
  }

  /** What lies on disk there has changed. */
  remove(chunk: Chunk): void {
    if (this.chunks.get(chunk.key) !== chunk) return;
    this.chunks.delete(chunk.key);
    this.bytes -= chunk.length;
    this.giveUp(chunk);
  }

  removeAllOf(owner: ChunkOwner): void {
    for (const chunk of [...this.chunks.values()]) if (chunk.owner === owner) this.remove(chunk);
  }

  /** A chunk that was given up has come back whole. */
  unused(chunk: Chunk): void {
    if (chunk.pinned) {
      chunk.pinned = false;
      this.collected.unregister(chunk);
      this.pinnedBytes -= chunk.length;
    }
    if (chunk.state === 'ready') this.recycle(chunk);
  }

  private loadNext(): void {
    while (this.loading < LOADS_MAX) {
      const chunk = this.queue.shift();
      if (chunk === undefined) return;
      chunk.state = 'loading';
      chunk.buffer = this.allocate(chunk.length);
      this.loading++;
      chunk.owner.load(chunk);
    }
  }

  private evict(): void {
    if (this.bytes <= READ_CACHE_BYTES) return;
    for (const chunk of this.chunks.values()) {
      if (chunk.state !== 'ready') continue;
      this.remove(chunk);
      if (this.bytes <= READ_CACHE_BYTES) return;
    }
  }

  private giveUp(chunk: Chunk): void {
    chunk.evicted = true;
    if (chunk.state !== 'ready') return;
    if (chunk.lent === 0) return this.recycle(chunk);
    chunk.pinned = true;
    this.pinnedBytes += chunk.length;
    this.collected.register(chunk, chunk.length, chunk);
  }

  private allocate(length: number): ArrayBuffer {
    const found = this.idle.findIndex((buffer) => buffer.byteLength === length);
    if (found < 0) return new ArrayBuffer(length);
    this.idleBytes -= length;
    return this.idle.splice(found, 1)[0] as ArrayBuffer;
  }

  private recycle(chunk: Chunk): void {
    const buffer = chunk.buffer;
    chunk.buffer = null;
    if (buffer === null) return;
    while (this.idleBytes + buffer.byteLength > IDLE_BYTES_MAX && this.idle.length > 0) {
      this.idleBytes -= (this.idle.shift() as ArrayBuffer).byteLength;
    }
    this.idle.push(buffer);
    this.idleBytes += buffer.byteLength;
  }
}
