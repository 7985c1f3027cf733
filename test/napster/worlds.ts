/** Simulated rooms of Napster: index servers, users with what they share, and what their searches and downloads have brought. */

import type { Host } from '../../src/core/host.ts';
import type { Reading, ReadingOperation } from '../../src/core/reading.ts';
import { SideBySide } from '../../src/core/side-by-side.ts';
import { genuineBody } from '../../src/sim/sim-body.ts';
import type { NodeOptions, SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit, SearchListener } from '../../src/wire/search-hit.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../src/wire/shared-file.ts';
import { INDEX_DEFAULTS, type IndexOptions, NapsterIndex } from '../../src/overlays/napster/index.ts';
import { NAPSTER_CLIENT_DEFAULTS, type NapsterClientOptions } from '../../src/overlays/napster/client/client-options.ts';
import { NapsterClient, type NapsterListener } from '../../src/overlays/napster/client/napster-client.ts';
import type { NapsterQuery } from '../../src/overlays/napster/client/searches.ts';
import type { SharedBytes } from '../../src/overlays/napster/transfer/napster-upload.ts';
import { type DownloadListener, type FileDownload, FileTransfers, type HolderWay, reachByNapster } from '../../src/transfer/files/index.ts';

export function sharedFile(id: number, name: string, more: Partial<SharedFile> = {}): SharedFile {
  return { id, name, folder: 'c:/music', bytes: 250_000, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: NO_HASHES, ...more };
}

/** Files of a simulated user: genuine bytes, a millisecond after they were asked for. */
export class SimBytes implements SharedBytes {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  open(_file: SharedFile, begin: number, end: number, operation: ReadingOperation): Reading {
    let at = begin;
    let isOpen = true;
    return {
      read: (bytesMax) => {
        const length = Math.min(bytesMax, end - at);
        at += length;
        if (length > 0) this.world.at(this.world.now + 1, () => isOpen && operation.onReading(genuineBody(length)));
        return length;
      },
      close: () => {
        isOpen = false;
      },
    };
  }
}

/** What happened to a user, as lines. */
export class Diary implements NapsterListener {
  readonly lines: string[] = [];

  of(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(word));
  }

  onOnline(): void {
    this.lines.push('online');
  }

  onOffline(why: string): void {
    this.lines.push(`offline: ${why}`);
  }

  onPrivateWords(nick: string, text: string): void {
    this.lines.push(`private ${nick}: ${text}`);
  }

  onSaid(channel: string, nick: string, text: string): void {
    this.lines.push(`said ${channel} ${nick}: ${text}`);
  }

  onChannelChanged(channel: string): void {
    this.lines.push(`channel ${channel}`);
  }

  onHot(nick: string, isHere: boolean): void {
    this.lines.push(`hot ${nick} ${isHere ? 'here' : 'gone'}`);
  }

  onServerWords(text: string): void {
    this.lines.push(`server: ${text}`);
  }
}

/** What a search has brought so far. */
export class Finds implements SearchListener {
  readonly hits: SearchHit[] = [];
  ended = false;

  onHit(hit: SearchHit): void {
    this.hits.push(hit);
  }

  onSearchEnd(): void {
    this.ended = true;
  }

  /** Who has what, in order. */
  get held(): string[] {
    return this.hits.map(({ holder }) => `${holder.id} ${holder.locator}`).sort();
  }
}

/** What a user gets, from all of its holders at once, and what became of it. */
export class Getting implements DownloadListener {
  state: 'open' | 'done' | 'failed' = 'open';
  readonly download: FileDownload;

  constructor({ client, transfers }: FetchingUser, bytes: number, key: string, holders: readonly Held[]) {
    const wanted = { bytes, hashes: NO_HASHES };
    const options = { wanted, location: 'got', path: [key], key, tree: null, userAgent: 'kith/test', node: null };
    this.download = transfers.download(options, this);
    for (const { nick, name } of holders) {
      const reach: HolderWay['reach'] = (listener) => reachByNapster(client, { nick, fileName: name, bytes }, listener);
      this.download.add({ name: `${nick} ${name}`, reach });
    }
  }

  /** On disk, of earlier processes as well. */
  get bytes(): number {
    return this.download.bytesDone;
  }

  /** Brought by each holder. */
  get brought(): number[] {
    return Array.from(this.download.holders, ({ meter }) => meter.total);
  }

  /** How it stands with each holder. */
  get details(): string[] {
    return Array.from(this.download.holders, ({ detail }) => detail);
  }

  stop(): void {
    this.download.stop(() => undefined);
  }

  onDownloadTree(): void {}

  onDownloadDone(): void {
    this.state = 'done';
  }

  onDownloadFailed(): void {
    this.state = 'failed';
  }
}

/** A file of somebody, under his name for it. */
export interface Held {
  readonly nick: string;
  readonly name: string;
}

/** A user, and beside him what fetches files: as on a node. */
export class FetchingUser extends SideBySide {
  readonly client: NapsterClient;
  readonly transfers: FileTransfers;

  constructor(host: Host, make: (own: Host) => NapsterClient) {
    super(host);
    this.client = this.add(make);
    const content = { files: new ListedFiles(), storeSpecOf: () => null, treeOf: () => null };
    this.transfers = this.add((own) => new FileTransfers(own, { content, userAgent: 'kith/test', listens: false }));
  }
}

export class SimUser {
  readonly nick: string;
  readonly files: ListedFiles;
  /** Of the process that runs now. */
  diary = new Diary();
  readonly node: SimNode<FetchingUser>;
  private readonly room: NapsterRoom;
  /** Processes that it has had. */
  private boots: number;
  private gets = 0;

  constructor(
    room: NapsterRoom,
    options: Partial<NapsterClientOptions> & { readonly nick: string },
    files: readonly SharedFile[],
    servers: readonly SimNode<NapsterIndex>[],
    place: NodeOptions,
  ) {
    this.room = room;
    this.nick = options.nick;
    this.boots = room.spread ? room.world.nodes.length : 0;
    this.files = new ListedFiles(files);
    const bytes = new SimBytes(room.world);
    this.node = room.world.addNode((host) => {
      this.diary = new Diary();
      const all = { ...NAPSTER_CLIENT_DEFAULTS, ...options };
      const user = new FetchingUser(host, (own) => new NapsterClient(own, all, this.files, bytes, this.diary));
      // Each time another one first, so that somebody who comes back may be elsewhere.
      const first = this.boots++;
      for (let index = 0; index < servers.length; index++) {
        user.client.addServer((servers[(index + first) % servers.length] as SimNode<NapsterIndex>).endpoint);
      }
      return user;
    }, place);
  }

  get client(): NapsterClient {
    return this.node.protocol.client;
  }

  search(words: string, more: Partial<NapsterQuery> = {}): Finds {
    const finds = new Finds();
    this.client.search({ words: words.split(' '), limit: 500, hashes: null, ...more }, finds);
    this.room.world.runUntil(() => finds.ended, 60_000);
    return finds;
  }

  /** `key`: of what was begun before, to go on with it. */
  get(
    holders: readonly Held[],
    { bytes = 250_000, key = `get${this.gets++}` }: { readonly bytes?: number; readonly key?: string } = {},
  ): Getting {
    return new Getting(this.node.protocol, bytes, key, holders);
  }
}

export class NapsterRoom {
  readonly world: World;
  readonly servers: SimNode<NapsterIndex>[] = [];
  /** Users do not all begin at the first server. */
  spread = false;

  constructor(options: Partial<WorldOptions> = {}) {
    this.world = new World({ seed: 1, latency: { kind: 'constant', ms: 20 }, ...options });
  }

  server(options: Partial<IndexOptions> = {}): SimNode<NapsterIndex> {
    const node = this.world.addNode((host) => new NapsterIndex(host, { ...INDEX_DEFAULTS, name: `s${this.servers.length}`, ...options }));
    this.servers.push(node);
    return node;
  }

  /** So many servers of one club, each told of the one before. */
  club(count: number, options: Partial<IndexOptions> = {}): SimNode<NapsterIndex>[] {
    for (let index = 0; index < count; index++) {
      const before = this.servers.at(-1);
      this.server({ linkSecret: 'walrus', links: before === undefined ? [] : [before.endpoint], ...options });
    }
    return this.servers;
  }

  /** Knows that server alone, or none (null), or all that there are. */
  user(
    options: Partial<NapsterClientOptions> & { readonly nick: string; readonly at?: SimNode<NapsterIndex> | null },
    files: readonly SharedFile[] = [],
    place: NodeOptions = {},
  ): SimUser {
    const { at, ...own } = options;
    return new SimUser(this, own, files, at === undefined ? this.servers : at === null ? [] : [at], place);
  }
}
