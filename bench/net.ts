/**
 * Bulk transfer between two socket hosts in two processes: 16 KiB bodies from one file store into another that verifies them.
 *
 *   node bench/net.ts [--mib 1024] [--piece-kib 1024] [--rounds 3] [--accept] [--memory]
 *
 * Prints MB/s over the whole run, CPU seconds a GiB and peak memory of each side. `--accept` lets the leecher listen and the seed
 * dial; `--memory` leaves the stores out. CPU seconds are what to compare: wall time depends on who else uses the machine.
 */

import { fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endpointPort, parseEndpoint } from '../src/core/endpoint.ts';
import type {
  Body,
  CloseReason,
  Endpoint,
  ReadOperation,
  Store,
  StoreFailure,
  StoreHandler,
  StoreSpec,
  Stream,
  StreamHandler,
} from '../src/core/host.ts';
import { hashPieces } from '../src/net/hash-files.ts';
import { SocketHost } from '../src/net/socket-host.ts';
import { type BlockHead, type BlockMessage, blockFraming, blockHead, blockMessage } from '../test/fixtures/block-framing.ts';

const BLOCK_BYTES = 16 << 10;
const REQUESTS_AHEAD = 256;
/** What a seed reads ahead of what its stream has taken. */
const READING_BYTES_MAX = 1 << 20;

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    'piece-kib': { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '3' },
    accept: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    role: { type: 'string', default: 'parent' },
    folder: { type: 'string', default: '' },
  },
});
const pieceBytes = Number(values['piece-kib']) << 10;
const totalBytes = Number(values.mib) * 1024 * 1024;
const pieceCount = Math.ceil(totalBytes / pieceBytes);

const CONTENT = { length: totalBytes, pad: false, executable: false, symlink: null };

interface Report {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

async function parent(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-bench-'));
  try {
    makeContent(join(folder, 'content'));
    writeFileSync(join(folder, 'hashes'), await hashPieces(folder, [{ ...CONTENT, path: ['content'] }], pieceBytes));
    for (let round = 0; round < Number(values.rounds); round++) {
      rmSync(join(folder, 'copy'), { recursive: true, force: true });
      const [seed, leech] = await onePair(folder);
      const gib = totalBytes / 2 ** 30;
      console.log(
        `${(totalBytes / 1e6 / leech.seconds).toFixed(0)} MB/s   seed ${(seed.cpuSeconds / gib).toFixed(2)} CPU s/GiB ${seed.peakMb} MB   ` +
          `leech ${(leech.cpuSeconds / gib).toFixed(2)} CPU s/GiB ${leech.peakMb} MB`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeContent(path: string): void {
  const fd = openSync(path, 'w');
  const bytes = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; at < totalBytes; at += bytes.length) writeSync(fd, randomFillSync(bytes), 0, Math.min(bytes.length, totalBytes - at));
  closeSync(fd);
}

function onePair(folder: string): Promise<[Report, Report]> {
  const start = (role: string) => fork(import.meta.filename, [...process.argv.slice(2), '--role', role, '--folder', folder]);
  const listenerRole = values.accept ? 'leech' : 'seed';
  const reports: Partial<Record<string, Report>> = {};
  return new Promise((resolve, reject) => {
    const listener = start(listenerRole);
    const dialler = start(listenerRole === 'seed' ? 'leech' : 'seed');
    const onReport = (role: string, message: Report): void => {
      reports[role] = message;
      const { seed, leech } = reports;
      if (leech !== undefined && seed === undefined) (listenerRole === 'seed' ? listener : dialler).send('report');
      if (seed !== undefined && leech !== undefined) resolve([seed, leech]);
    };
    listener.on('message', (message: Report | string) => {
      if (typeof message === 'string') dialler.send(message);
      else onReport(listenerRole, message);
    });
    dialler.on('message', (message: Report) => onReport(listenerRole === 'seed' ? 'leech' : 'seed', message));
    for (const process of [listener, dialler]) process.on('exit', (code) => code !== 0 && reject(new Error(`a side ended with ${code}`)));
  });
}

async function child(seeds: boolean, folder: string): Promise<void> {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null });
  await host.open();
  const side = seeds ? new Seed() : new Leech();
  const file = { ...CONTENT, path: [seeds ? 'content' : 'copy'] };
  const pieceHashes = new Uint8Array(readFileSync(join(folder, 'hashes')));
  const spec: StoreSpec = {
    location: folder,
    files: [file],
    totalBytes,
    pieceBytes,
    pieceHashes,
    pieceRoots: null,
    key: 'bench',
    writable: !seeds,
    recheck: 'trust',
  };
  if (!values.memory) side.store = await openStore(host, spec, side);
  const listens = seeds !== values.accept;
  const started = { cpu: process.cpuUsage(), ms: performance.now() };
  const report = (): void => {
    const { user, system } = process.cpuUsage(started.cpu);
    const seconds = (performance.now() - side.startedMs) / 1000;
    process.send?.({
      seconds,
      cpuSeconds: (user + system) / 1e6,
      peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    } satisfies Report);
    void host.close().then(() => process.disconnect());
  };
  side.onFinished = report;
  if (listens) {
    host.listen(blockFraming, { onConnection: () => side });
    process.send?.(`127.0.0.1:${endpointPort(host.self.stream as Endpoint)}`);
  }
  process.on('message', (message: string) => {
    if (message === 'report') report();
    else host.connect(host.peer(parseEndpoint(message) as Endpoint), blockFraming, side);
  });
}

function openStore(host: SocketHost, spec: StoreSpec, side: Side): Promise<Store> {
  return new Promise((resolve) => {
    side.onReady = () => resolve(store);
    const store = host.openStore(spec, side);
  });
}

abstract class Side implements StreamHandler<BlockMessage, BlockHead>, StoreHandler {
  store: Store | null = null;
  stream: Stream | null = null;
  startedMs = 0;
  onFinished: () => void = () => {};
  onReady: () => void = () => {};
  onOpen(stream: Stream): void {
    this.stream = stream;
    this.startedMs = performance.now();
  }
  abstract onMessage(message: BlockMessage): void;
  abstract onBulk(head: BlockHead, body: Body, offset: number): void;
  abstract onDrain(): void;
  abstract onStoreDrain(): void;
  onEnd(): void {}
  onClose(_reason: CloseReason, _detail: string): void {}
  onStoreReady(): void {
    this.onReady();
  }
  onStoreProgress(): void {}
  onStoreFailed(failure: StoreFailure): void {
    throw new Error(failure.message);
  }
  onStoreClosed(): void {}
}

class Seed extends Side implements ReadOperation {
  private readonly requests: { piece: number; offset: number; length: number }[] = [];
  private next = 0;
  private readingBytes = 0;
  private clogged = false;
  private readonly memory = new Uint8Array(BLOCK_BYTES);

  onMessage(message: BlockMessage): void {
    if (message.type === 'request') this.requests.push(message);
    this.serve();
  }
  onBulk(): void {}
  onDrain(): void {
    this.clogged = false;
    this.serve();
  }
  onStoreDrain(): void {}
  onRead(piece: number, offset: number, body: Body | null): void {
    if (body === null) throw new Error('expected content, got none');
    this.readingBytes -= body.length;
    if (this.stream?.sendBulk(blockHead, { piece, offset, length: body.length }, body) === false) this.clogged = true;
    this.serve();
  }
  private serve(): void {
    while (!this.clogged && this.next < this.requests.length && this.readingBytes < READING_BYTES_MAX) {
      const { piece, offset, length } = this.requests[this.next++] as { piece: number; offset: number; length: number };
      this.readingBytes += length;
      if (this.store === null) this.onRead(piece, offset, this.memory);
      else this.store.read(piece, offset, length, this);
    }
    if (this.next === this.requests.length) this.requests.length = this.next = 0;
  }
}

class Leech extends Side {
  private nextPiece = 0;
  private nextOffset = 0;
  private outstanding = 0;
  private readonly left = new Float64Array(pieceCount);
  private verified = 0;
  private readonly memory = new Uint8Array(pieceBytes);

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    this.ask();
  }
  onMessage(): void {}
  onBulk(head: BlockHead, body: Body, offset: number): void {
    if (this.store === null) this.memory.set(body as Uint8Array, head.offset + offset);
    else if (!this.store.write(head.piece, head.offset + offset, body)) this.stream?.pause();
    if (offset + body.length < head.length) return;
    this.outstanding--;
    this.left[head.piece] = (this.left[head.piece] as number) - head.length;
    if (this.left[head.piece] === 0) {
      if (this.store === null) this.onVerified(head.piece, true);
      else this.store.verify(head.piece, this);
    }
    this.ask();
  }
  onVerified(piece: number, ok: boolean): void {
    if (!ok) throw new Error(`expected piece ${piece} to be right`);
    if (++this.verified < pieceCount) return;
    this.onFinished();
  }
  onDrain(): void {}
  onStoreDrain(): void {
    this.stream?.resume();
  }
  private ask(): void {
    if (this.outstanding > REQUESTS_AHEAD * 0.75) return;
    while (this.outstanding < REQUESTS_AHEAD && this.nextPiece < pieceCount) {
      const pieceLength = Math.min(pieceBytes, totalBytes - this.nextPiece * pieceBytes);
      const length = Math.min(BLOCK_BYTES, pieceLength - this.nextOffset);
      if (this.nextOffset === 0) this.left[this.nextPiece] = pieceLength;
      this.stream?.send(blockMessage, { type: 'request', piece: this.nextPiece, offset: this.nextOffset, length });
      this.outstanding++;
      this.nextOffset += length;
      if (this.nextOffset < pieceLength) continue;
      this.nextOffset = 0;
      this.nextPiece++;
    }
  }
}

if (values.role === 'parent') await parent();
else await child(values.role === 'seed', values.folder);
