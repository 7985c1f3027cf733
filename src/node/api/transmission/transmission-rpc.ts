/**
 * Transmission's RPC, version 17, and the spelling of JSON-RPC 2.0 that Transmission 4.1 has for it, so that the remotes that people have
 * work with a node. Owns the session's id, which every request has to know: a page of another site cannot read it.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { statfs } from 'node:fs/promises';
import type { NodeOperations } from '../../node-operations.ts';
import { knownFailure } from '../problem-answer.ts';
import { remoteFolder } from '../remote-wishes.ts';
import { Arguments, type Json } from './arguments.ts';
import { fromSnakeCase, snake, toSnakeCase } from './snake-case.ts';
import { RpcProblem } from './rpc-problem.ts';
import { type RpcSession, sessionFields, sessionStats, setSession } from './session-fields.ts';
import {
  addTorrent,
  eachOf,
  getTorrents,
  type MethodContext,
  removeTorrents,
  reorderBy,
  setLocation,
  setTorrents,
} from './torrent-methods.ts';
import { TorrentNumbers } from './torrent-numbers.ts';

const SESSION_ID = 'X-Transmission-Session-Id';
const SESSION_ID_BYTES = 24;
/** JSON-RPC 2.0, 5.1. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const FAILED = 1;

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type Method = (context: MethodContext) => Promise<Json>;

const resume = (node: NodeOperations, infoHash: string): Promise<unknown> => node.resume(infoHash);

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['torrent-get', getTorrents],
  ['torrent-add', addTorrent],
  ['torrent-set', setTorrents],
  ['torrent-remove', removeTorrents],
  ['torrent-set-location', setLocation],
  ['torrent-start', eachOf(resume)],
  [
    'torrent-start-now',
    eachOf(async (node, infoHash) => {
      await node.reorder(infoHash, 'top');
      await node.resume(infoHash);
    }),
  ],
  ['torrent-stop', eachOf((node, infoHash) => node.pause(infoHash))],
  ['torrent-verify', eachOf((node, infoHash) => node.verify(infoHash))],
  ['torrent-reannounce', eachOf((node, infoHash) => node.reannounce(infoHash))],
  ['queue-move-top', reorderBy('top')],
  ['queue-move-up', reorderBy('up')],
  ['queue-move-down', reorderBy('down')],
  ['queue-move-bottom', reorderBy('bottom')],
  ['session-get', getSession],
  [
    'session-set',
    async ({ node, wanted, session }) => {
      await setSession(node, wanted, session);
      return {};
    },
  ],
  ['session-stats', ({ node }) => sessionStats(node)],
  [
    'session-close',
    async ({ node }) => {
      await node.stop();
      return {};
    },
  ],
  ['free-space', freeSpace],
  ['port-test', unsupported('nobody outside is asked; kith doctor and the router tell what can be told from here')],
  ['blocklist-update', unsupported('the setting peers.filter names a list, which is read again when it changes')],
  ['torrent-rename-path', unsupported('files keep the names that the torrent gives them')],
  ['group-get', unsupported('there are no bandwidth groups')],
  ['group-set', unsupported('there are no bandwidth groups')],
]);

export class TransmissionRpc {
  readonly #node: NodeOperations;
  readonly #numbers: TorrentNumbers;
  readonly #session: RpcSession = { id: randomBytes(SESSION_ID_BYTES).toString('base64url'), startsAdded: true };

  readonly #onFault: (error: unknown) => void;

  constructor(node: NodeOperations, signal: AbortSignal, onFault: (error: unknown) => void) {
    this.#node = node;
    this.#onFault = onFault;
    this.#numbers = new TorrentNumbers(node, signal);
  }

  /** Who is not let in has been sent away already. */
  async answer(method: string, headers: IncomingHttpHeaders, body: string): Promise<RpcAnswer> {
    const mine = { [SESSION_ID]: this.#session.id };
    if (!isSame(headers[SESSION_ID.toLowerCase()], this.#session.id)) {
      const text = `409: Conflict. Send the request again with the header ${SESSION_ID}: ${this.#session.id}\n`;
      return { status: 409, headers: { ...mine, 'content-type': 'text/plain; charset=utf-8' }, text };
    }
    if (method !== 'POST') return { status: 405, headers: { ...mine, allow: 'POST', 'content-type': 'text/plain' }, text: 'Use POST.\n' };
    const answer = await this.#answerBody(body);
    if (answer === null) return { status: 204, headers: mine, text: '' };
    return { status: 200, headers: { ...mine, 'content-type': 'application/json; charset=utf-8' }, text: JSON.stringify(answer) };
  }

  /** Null: the request wants no answer. */
  async #answerBody(body: string): Promise<Json | null> {
    const request = objectIn(body);
    if (request === null) return body.includes('"jsonrpc"') ? rpcError(null, PARSE_ERROR, 'no JSON object') : { result: 'no JSON object' };
    return request.jsonrpc === '2.0' ? this.#answerJsonRpc(request) : this.#answerLegacy(request);
  }

  async #answerLegacy({ method, arguments: given, tag }: Json): Promise<Json> {
    const more = typeof tag === 'number' ? { tag } : {};
    const act = typeof method === 'string' ? METHODS.get(method) : undefined;
    if (act === undefined) return { result: 'method name not recognized', arguments: {}, ...more };
    try {
      return { result: 'success', arguments: await this.#act(act, given ?? {}), ...more };
    } catch (error) {
      return { result: this.#sentenceOf(error), arguments: {}, ...more };
    }
  }

  async #answerJsonRpc({ method, params, id }: Json): Promise<Json | null> {
    const answered = typeof id === 'string' || typeof id === 'number' ? id : null;
    if (typeof method !== 'string') return rpcError(answered, INVALID_REQUEST, 'no method');
    const act = METHODS.get(method.replaceAll('_', '-'));
    if (act === undefined) return rpcError(answered, METHOD_NOT_FOUND, 'method name not recognized');
    try {
      const result = toSnakeCase(await this.#act(act, fromSnakeCase(params ?? {})));
      return id === undefined ? null : { jsonrpc: '2.0', result, id: answered };
    } catch (error) {
      return id === undefined ? null : rpcError(answered, FAILED, this.#sentenceOf(error));
    }
  }

  async #act(act: Method, given: unknown): Promise<Json> {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new RpcProblem('arguments: expected an object');
    const wanted = new Arguments(given as Json);
    return act({ node: this.#node, numbers: this.#numbers, wanted, session: this.#session });
  }

  #sentenceOf(error: unknown): string {
    if (error instanceof RpcProblem) return error.message;
    const failure = knownFailure(error);
    if (failure !== null) return `${failure.message} ${failure.why}`.trim();
    this.#onFault(error);
    return 'the node could not do that';
  }
}

async function getSession({ node, wanted, session }: MethodContext): Promise<Json> {
  const all = await sessionFields(node, session);
  const fields = wanted.texts('fields');
  if (fields === null) return all;
  const named = new Set(fields.map(snake));
  return Object.fromEntries(Object.entries(all).filter(([name]) => named.has(snake(name))));
}

async function freeSpace({ node, wanted }: MethodContext): Promise<Json> {
  const path = await remoteFolder(node, wanted.text('path') ?? '');
  const { bavail, blocks, bsize } = await statfs(path);
  return { path, 'size-bytes': bavail * bsize, total_size: blocks * bsize };
}

function unsupported(why: string): Method {
  return async () => {
    throw new RpcProblem(`not supported: ${why}`);
  };
}

function objectIn(body: string): Json | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

function rpcError(id: string | number | null, code: number, message: string): Json {
  return { jsonrpc: '2.0', error: { code, message }, id };
}

function isSame(presented: string | string[] | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(String(presented ?? '')), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
