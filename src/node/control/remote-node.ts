/** A running node as seen from another process of the same user: its operations, asked through its control socket. Owns no state. */

import { askControl, fieldOf, followControl } from './ask-control.ts';
import { canControl } from './control-socket.ts';
import { isObject, type JsonObject } from './control-connection.ts';
import { Failure } from '../failure.ts';
import { NODE_NAME } from './node-control.ts';
import type { Added, AddOptions, AddSource, EventOptions, NodeOperations } from '../node-operations.ts';
import type { QueueMove, ShareOptions, TransferChanges } from '../node-operations.ts';
import type { SearchOperations } from '../search/search-operations.ts';
import { RemoteSearch } from './remote-search.ts';
import type { FilePriority, NodeEvent, NodeView, SettingView, TransferDetail, TransferView } from '../node-view.ts';
import type { SettingKey } from '../settings/setting-list.ts';

export class RemoteNode implements NodeOperations {
  readonly search: SearchOperations;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  /** The node that runs, or null when there is none; `signal` ends every question. */
  static async find(runtimeFolder: string, signal: AbortSignal): Promise<RemoteNode | null> {
    const node = new RemoteNode(runtimeFolder, signal);
    // Where the system could not take the path of its socket there is none.
    if (!canControl(runtimeFolder, NODE_NAME)) return null;
    // A question without an effect; whether somebody listens is all that is of interest.
    return (await askControl(runtimeFolder, NODE_NAME, { command: 'status' }, signal)) === null ? null : node;
  }

  private constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
    this.search = new RemoteSearch({
      ask: (command, fields) => this.#ask(command, fields),
      follow: (command, fields, until) => this.#follow({ command, ...fields }, until),
    });
  }

  async status(): Promise<NodeView> {
    return fieldOf(await this.#ask('status'), 'status', isNodeView);
  }

  async list(): Promise<readonly TransferView[]> {
    return fieldOf(await this.#ask('list'), 'transfers', areTransfers);
  }

  async info(infoHash: string): Promise<TransferDetail> {
    return fieldOf(await this.#ask('info', { infoHash }), 'transfer', isDetail);
  }

  /** Only what has a name: the bytes of a `.torrent` are more than a question may have. */
  async add(source: AddSource, options: AddOptions): Promise<Added> {
    if (!('link' in source)) throw new Failure('usage', 'A running node is given links and paths.', '', 'Save it as a .torrent file.');
    return addedOf(await this.#ask('add', { link: source.link, ...options }));
  }

  async share(paths: readonly string[], options: ShareOptions): Promise<Added> {
    return addedOf(await this.#ask('share', { paths, ...options }));
  }

  pause(infoHash: string): Promise<TransferView> {
    return this.#transfer('pause', { infoHash });
  }

  resume(infoHash: string): Promise<TransferView> {
    return this.#transfer('resume', { infoHash });
  }

  async remove(infoHash: string, data: boolean): Promise<void> {
    await this.#ask('remove', { infoHash, data });
  }

  verify(infoHash: string): Promise<TransferView> {
    return this.#transfer('verify', { infoHash });
  }

  reannounce(infoHash: string): Promise<TransferView> {
    return this.#transfer('reannounce', { infoHash });
  }

  change(infoHash: string, changes: TransferChanges): Promise<TransferView> {
    return this.#transfer('change', { infoHash, ...changes });
  }

  prioritize(infoHash: string, files: readonly number[], priority: FilePriority): Promise<TransferView> {
    return this.#transfer('prioritize', { infoHash, files, priority });
  }

  move(infoHash: string, folder: string): Promise<TransferView> {
    return this.#transfer('move', { infoHash, folder });
  }

  reorder(infoHash: string, to: QueueMove): Promise<TransferView> {
    return this.#transfer('reorder', { infoHash, to });
  }

  async settings(): Promise<readonly SettingView[]> {
    return fieldOf(await this.#ask('settings'), 'settings', (value): value is readonly SettingView[] => Array.isArray(value));
  }

  async set(key: SettingKey, typed: string, lasting: boolean): Promise<SettingView> {
    return fieldOf(await this.#ask('set', { key, value: typed, lasting }), 'setting', isSetting);
  }

  async *events(options: EventOptions): AsyncGenerator<NodeEvent> {
    const { after, progressMs = 0, signal = this.#signal } = options;
    const question = { command: 'events', progressMs, ...(after !== undefined && { after }) };
    for await (const answer of this.#follow(question, signal)) if (isEvent(answer)) yield answer;
  }

  async pagesLink(): Promise<string | null> {
    return fieldOf(await this.#ask('pages'), 'link', (value): value is string | null => value === null || typeof value === 'string');
  }

  async stop(): Promise<void> {
    await this.#ask('stop');
  }

  async #transfer(command: string, fields: JsonObject): Promise<TransferView> {
    return fieldOf(await this.#ask(command, fields), 'transfer', isTransfer);
  }

  async *#follow(question: JsonObject, signal: AbortSignal): AsyncGenerator<JsonObject> {
    const answers = await followControl(this.#folder, NODE_NAME, question, signal);
    if (answers === null) throw gone();
    yield* answers;
  }

  async #ask(command: string, fields: JsonObject = {}): Promise<JsonObject> {
    const answer = await askControl(this.#folder, NODE_NAME, { command, ...fields }, this.#signal);
    if (answer === null) throw gone();
    return answer;
  }
}

function gone(): Failure {
  return new Failure('unreachable', 'The node is not running any more.', '', 'Start it again: kith up');
}

function addedOf(answer: JsonObject): Added {
  const already = fieldOf(answer, 'already', (value): value is boolean => typeof value === 'boolean');
  return { transfer: fieldOf(answer, 'transfer', isTransfer), already };
}

// The node that answers belongs to the same user and is of the same version: what could be missing is looked at, not every leaf.

function isNodeView(value: unknown): value is NodeView {
  return isObject(value) && typeof value.pid === 'number' && isObject(value.totals);
}

function isTransfer(value: unknown): value is TransferView {
  return isObject(value) && typeof value.infoHash === 'string' && typeof value.state === 'string';
}

function areTransfers(value: unknown): value is readonly TransferView[] {
  return Array.isArray(value) && value.every(isTransfer);
}

function isDetail(value: unknown): value is TransferDetail {
  return isTransfer(value) && isObject(value) && Array.isArray(value.files) && Array.isArray(value.peerList);
}

function isSetting(value: unknown): value is SettingView {
  return isObject(value) && typeof value.key === 'string';
}

function isEvent(value: JsonObject): value is JsonObject & NodeEvent {
  return typeof value.type === 'string' && typeof value.sequence === 'number';
}
