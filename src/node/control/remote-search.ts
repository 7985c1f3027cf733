/** The searching part of a running node as seen from another process: asked through its control socket. Owns no state. */

import { isObject, type JsonObject } from './control-connection.ts';
import { fieldOf } from './ask-control.ts';
import { Failure } from '../failure.ts';
import type { FetchDetail, FetchView } from '../search/fetch-view.ts';
import type { SearchNetworkStatus } from '../search/search-network.ts';
import type { GetAsk, SearchOperations } from '../search/search-operations.ts';
import type { SearchChange, SearchRowDetail, SearchView } from '../search/search-view.ts';
import type { SearchAsk } from '../search/search-wish.ts';

/** How a remote node is asked. */
export interface NodeQuestions {
  ask(command: string, fields?: JsonObject): Promise<JsonObject>;
  follow(command: string, fields: JsonObject, signal: AbortSignal): AsyncIterable<JsonObject>;
}

export class RemoteSearch implements SearchOperations {
  readonly #questions: NodeQuestions;

  constructor(questions: NodeQuestions) {
    this.#questions = questions;
  }

  async networks(): Promise<readonly SearchNetworkStatus[]> {
    return fieldOf(await this.#questions.ask('networks'), 'networks', (value): value is readonly SearchNetworkStatus[] =>
      Array.isArray(value),
    );
  }

  async start(ask: SearchAsk): Promise<SearchView> {
    return fieldOf(await this.#questions.ask('search', { ...ask }), 'search', isSearch);
  }

  async list(): Promise<readonly SearchView[]> {
    return fieldOf(
      await this.#questions.ask('searches'),
      'searches',
      (value): value is readonly SearchView[] => Array.isArray(value) && value.every(isSearch),
    );
  }

  async changes(id: number, after: number): Promise<SearchChange> {
    return fieldOf(await this.#questions.ask('searchChanges', { id, after }), 'change', isChange);
  }

  async *follow(id: number, after: number, signal: AbortSignal): AsyncGenerator<SearchChange> {
    for await (const answer of this.#questions.follow('followSearch', { id, after }, signal)) yield fieldOf(answer, 'change', isChange);
  }

  async row(id: number, number: number): Promise<SearchRowDetail> {
    return fieldOf(await this.#questions.ask('searchRow', { id, number }), 'row', isRow);
  }

  async stop(id: number): Promise<SearchView> {
    return fieldOf(await this.#questions.ask('stopSearch', { id }), 'search', isSearch);
  }

  /** Only by a link: who has another process knows no search of it by number but the last. */
  async get(what: GetAsk, folder: string | null): Promise<FetchView> {
    if (!('link' in what)) throw new Failure('usage', 'A running node is given links and numbers.', '', 'Name the row of the last search.');
    return fieldOf(await this.#questions.ask('getFile', { link: what.link, folder }), 'fetch', isFetch);
  }

  async fetches(): Promise<readonly FetchView[]> {
    return fieldOf(
      await this.#questions.ask('fetches'),
      'fetches',
      (value): value is readonly FetchView[] => Array.isArray(value) && value.every(isFetch),
    );
  }

  async fetch(id: number): Promise<FetchDetail> {
    return fieldOf(await this.#questions.ask('fetch', { id }), 'fetch', isFetchDetail);
  }

  async pauseFetch(id: number): Promise<FetchView> {
    return fieldOf(await this.#questions.ask('pauseFetch', { id }), 'fetch', isFetch);
  }

  async resumeFetch(id: number): Promise<FetchView> {
    return fieldOf(await this.#questions.ask('resumeFetch', { id }), 'fetch', isFetch);
  }

  async removeFetch(id: number, data: boolean): Promise<void> {
    await this.#questions.ask('removeFetch', { id, data });
  }
}

// As in `remote-node.ts`: what could be missing is looked at, not every leaf.

function isSearch(value: unknown): value is SearchView {
  return isObject(value) && typeof value.id === 'number' && Array.isArray(value.networks);
}

function isChange(value: unknown): value is SearchChange {
  return isObject(value) && isSearch(value.search) && Array.isArray(value.rows);
}

function isRow(value: unknown): value is SearchRowDetail {
  return isObject(value) && typeof value.number === 'number' && Array.isArray(value.holderList);
}

function isFetchDetail(value: unknown): value is FetchDetail {
  return isFetch(value) && 'holderList' in value && Array.isArray(value.holderList);
}

function isFetch(value: unknown): value is FetchView {
  return isObject(value) && typeof value.id === 'number' && typeof value.state === 'string';
}
