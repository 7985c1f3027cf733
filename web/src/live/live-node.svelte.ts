/**
 * The node as it is now: a snapshot, then what changes, as its stream of events tells it; begun anew where the stream was cut too long. Owns
 * the stream, the transfers, the fetches and the speeds of the last minutes.
 */

import { ask, Problem } from '../api/ask.ts';
import type { FetchView, NodeTotals, NodeView, StreamMessage, TransferView } from '../api/views.ts';
import { SpeedHistory } from './speed-history.ts';

/** After the stream was refused, not only cut: then the browser does not come back by itself. */
const AGAIN_MS = 2_000;
/** A page that nobody sees lets go of its stream: a browser has six connections to one server, for all its tabs. */
const UNSEEN_MS_MAX = 30_000;
const TYPES = [
  'snapshot',
  'added',
  'changed',
  'metadata',
  'completed',
  'failed',
  'state',
  'verified',
  'removed',
  'fetch',
  'fetch-removed',
  'setting',
  'warning',
  'progress',
];

export type Connection = 'connecting' | 'live' | 'cut' | 'signed-out';

export class LiveNode {
  readonly #transfers = new Map<string, TransferView>();
  readonly #fetches = new Map<number, FetchView>();
  connection: Connection = $state('connecting');
  node: NodeView | null = $state.raw(null);
  totals: NodeTotals | null = $state.raw(null);
  /** Grows when a transfer or a fetch has changed: what is made of all of them is made anew then, once a frame at most. */
  version = $state(0);
  /** Of torrents and of files that are fetched by their hashes, in bytes a second. */
  readonly downloadRate: number = $derived.by(() => {
    void this.version;
    return [...this.#fetches.values()].reduce((sum, { downloadRate }) => sum + downloadRate, this.totals?.downloadRate ?? 0);
  });
  /** Grows once a second. */
  seconds = $state(0);
  readonly speeds = new SpeedHistory();
  readonly #onMessage: (message: StreamMessage) => void;
  #stream: EventSource | null = null;
  #later: ReturnType<typeof setTimeout> | null = null;
  #unseen: ReturnType<typeof setTimeout> | null = null;
  #marked = false;

  /** `onMessage` hears of everything, after it was taken in. */
  constructor(onMessage: (message: StreamMessage) => void) {
    this.#onMessage = onMessage;
    setInterval(() => this.#tick(), 1_000);
  }

  /** Everything, in no order; ask for `version` to hear of changes. */
  get transfers(): ReadonlyMap<string, TransferView> {
    return this.#transfers;
  }

  /** Files that are fetched by their hashes, by their numbers; as above. */
  get fetches(): ReadonlyMap<number, FetchView> {
    return this.#fetches;
  }

  find(infoHash: string): TransferView | null {
    void this.version;
    return this.#transfers.get(infoHash) ?? null;
  }

  open(): void {
    this.close();
    this.connection = 'connecting';
    const stream = new EventSource('/api/v1/events');
    this.#stream = stream;
    for (const type of TYPES) {
      stream.addEventListener(type, ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data) as StreamMessage));
    }
    stream.addEventListener('open', () => {
      this.connection = 'live';
    });
    stream.addEventListener('error', () => {
      this.connection = 'cut';
      if (stream.readyState === EventSource.CLOSED) this.#later = setTimeout(() => void this.#ask(), AGAIN_MS);
    });
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = null;
  }

  /** Tell it when the page comes into sight, and when it goes. */
  seen(isSeen: boolean): void {
    if (this.#unseen !== null) clearTimeout(this.#unseen);
    this.#unseen = isSeen ? null : setTimeout(() => this.close(), UNSEEN_MS_MAX);
    if (isSeen && this.#stream === null && this.#later === null && this.connection !== 'signed-out') this.open();
  }

  signOut(): void {
    this.close();
    this.connection = 'signed-out';
  }

  /** A stream does not tell why it was refused; an answer does. */
  async #ask(): Promise<void> {
    try {
      await ask('GET', '/node');
      this.open();
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) this.signOut();
      else this.#later = setTimeout(() => void this.#ask(), AGAIN_MS);
    }
  }

  #take(message: StreamMessage): void {
    switch (message.type) {
      case 'snapshot':
        this.node = message.node;
        this.totals = message.node.totals;
        this.#transfers.clear();
        for (const transfer of message.transfers) this.#transfers.set(transfer.infoHash, transfer);
        this.#fetches.clear();
        for (const fetch of message.fetches) this.#fetches.set(fetch.id, fetch);
        break;
      case 'progress':
        this.totals = message.totals;
        for (const transfer of message.transfers) this.#transfers.set(transfer.infoHash, transfer);
        for (const fetch of message.fetches) this.#fetches.set(fetch.id, fetch);
        break;
      case 'removed':
        this.#transfers.delete(message.infoHash);
        break;
      case 'fetch':
        this.#fetches.set(message.fetch.id, message.fetch);
        break;
      case 'fetch-removed':
        this.#fetches.delete(message.id);
        break;
      case 'setting':
      case 'warning':
      case 'lost':
        break;
      default:
        this.#transfers.set(message.transfer.infoHash, message.transfer);
    }
    this.#mark();
    this.#onMessage(message);
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    requestAnimationFrame(() => {
      this.#marked = false;
      this.version++;
    });
  }

  #tick(): void {
    if (this.totals !== null) this.speeds.add(this.downloadRate, this.totals.uploadRate);
    this.seconds++;
  }
}
