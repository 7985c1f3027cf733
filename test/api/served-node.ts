/** A node with its web interface, in folders of its own, and a way to ask it. Owns both, and what they keep. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer, type ClientPatience } from '../../src/node/api/api-server.ts';
import { ApiToken, tokenPath } from '../../src/node/api/api-token.ts';
import { Machine } from '../../src/node/api/machine.ts';
import { KithNode } from '../../src/node/node.ts';
import type { NodeEvent } from '../../src/node/node-view.ts';
import { Settings } from '../../src/node/settings/settings.ts';

const silent = { say: () => undefined, warn: () => undefined, event: () => undefined };
/** What only a bug can bring about ends the test. */
const onFault = (error: unknown): never => {
  throw error;
};
const PATIENCE_MS = 20_000;

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ServedNode {
  readonly folder: string;
  readonly node: KithNode;
  readonly machine: Machine;
  readonly api: ApiServer;
  readonly token: string;

  /** `settings`: KITH_ variables. */
  static async open(settings: Readonly<Record<string, string>> = {}, patience?: ClientPatience, pagesFolder?: string): Promise<ServedNode> {
    const folder = mkdtempSync(join(tmpdir(), 'kith-api-'));
    const rooms = { HOME: folder, XDG_STATE_HOME: join(folder, 's'), XDG_DATA_HOME: join(folder, 'd'), XDG_CACHE_HOME: join(folder, 'c') };
    const ports = { KITH_LISTEN_PORT: '0', KITH_TRACKER_PORT: '0', XDG_CONFIG_HOME: join(folder, 'f') };
    const loaded = Settings.load({ ...rooms, ...ports, ...settings }, folder);
    const token = ApiToken.in(tokenPath(loaded.folders.state));
    const names = loaded.get('api.names').split(',');
    const more = { ...(patience !== undefined && { patience }), ...(pagesFolder !== undefined && { pagesFolder }) };
    const api = await ApiServer.open({ host: '127.0.0.1', port: 0, names, token, onFault, ...more });
    const node = await KithNode.open({ settings: loaded, console: silent });
    node.offers({ url: api.url, tokenFile: tokenPath(loaded.folders.state) }, () => api.newPagesLink());
    const machine = new Machine(loaded, node);
    api.serve(node, machine);
    return new ServedNode(folder, node, machine, api, token.text);
  }

  private constructor(folder: string, node: KithNode, machine: Machine, api: ApiServer, token: string) {
    this.folder = folder;
    this.node = node;
    this.machine = machine;
    this.api = api;
    this.token = token;
  }

  /** Below which callers may have files put. */
  get downloads(): string {
    return join(this.folder, 'd', 'kith', 'downloads');
  }

  /** With the token, unless other headers say otherwise; JSON for what is no text and no bytes. */
  ask(method: string, path: string, { body, headers = {} }: Asked = {}): Promise<Response> {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    return fetch(`${this.api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(!isRaw && { 'content-type': 'application/json' }), ...headers },
      // Bytes and texts go as they are.
      ...(body !== undefined && { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }

  /** A file with random content, shared from the list. Resolves to its info-hash. */
  async share(name: string, bytes: number): Promise<string> {
    const path = join(this.folder, 'own', name);
    mkdirSync(join(this.folder, 'own'), { recursive: true });
    writeFileSync(path, randomBytes(bytes));
    return (await this.node.share([path], { labels: ['own'] })).transfer.infoHash;
  }

  /** The first event that fits, from the beginning on. */
  async until(fits: (event: NodeEvent) => boolean): Promise<NodeEvent> {
    for await (const event of this.node.events({ after: 0, signal: AbortSignal.timeout(PATIENCE_MS) })) if (fits(event)) return event;
    throw new Error(`the event did not come; the list: ${JSON.stringify(await this.node.list())}`);
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.node.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
