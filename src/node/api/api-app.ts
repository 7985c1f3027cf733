/** What is behind the front door: the routes on fastify, the stream of events, the metrics, and the RPC. Owns the open streams. */

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createServer } from 'node:http';
import { ZodError } from 'zod';
import { METADATA_BYTES_MAX } from '../../transfer/bittorrent/metadata-messages.ts';
import { Failure } from '../failure.ts';
import type { Lab } from '../lab/lab.ts';
import type { NodeOperations } from '../node-operations.ts';
import type { Handle } from './api-server.ts';
import { DROP_PART_BYTES_MAX } from './drops.ts';
import { EventStream, LAST_EVENT_ID, STREAM_ROUTE } from './event-stream.ts';
import type { ServedFile } from '../../transfer/http/index.ts';
import { RPC_PATH } from './front-door.ts';
import { fetchParams } from './fetch-schemas.ts';
import type { Machine } from './machine.ts';
import { MACHINE_ROUTES, PART_ROUTE } from './machine-routes.ts';
import { FETCH_MEDIA_ROUTE, MEDIA_ROUTE, MediaAnswer } from './media-answer.ts';
import type { Metrics } from './metrics.ts';
import { FRAMES_ROUTE, FrameStream } from './lab/frame-stream.ts';
import { runParams, worldParams } from './lab/lab-schemas.ts';
import { REPORT_ROUTE, sendReport } from './lab/report-page.ts';
import { API_PATH, openApiDocument } from './open-api.ts';
import { problemAnswer } from './problem-answer.ts';
import type { RouteAnswer } from './route.ts';
import { mediaParams } from './request-schemas.ts';
import { ROUTES, TORRENT_ROUTE } from './routes.ts';
import { SEARCH_STREAM_ROUTE, searchOf, streamSearch } from './search-stream.ts';
import { TransmissionRpc } from './transmission/transmission-rpc.ts';

const JSON_BYTES_MAX = 1 << 20;
/** A `.torrent` as base64, and what is said about it. */
const RPC_BYTES_MAX = Math.ceil((METADATA_BYTES_MAX * 4) / 3) + JSON_BYTES_MAX;
const PARAM_CHARS_MAX = 128;
/** A player has a few connections. */
const MEDIA_MAX = 32;
/** A person has a few pages open. */
const STREAMS_MAX = 16;

interface AppContext {
  readonly node: NodeOperations;
  readonly machine: Machine;
  readonly closing: AbortSignal;
  /** How long a client may do nothing while it is its turn; how long the node takes for an answer is another matter. */
  readonly idleMs: number;
  readonly onFault: (error: unknown) => void;
}

/** Resolves to what takes the requests of a listener that is not fastify's. */
export async function openApp(context: AppContext): Promise<Handle> {
  let handle: Handle | null = null;
  const app = Fastify({
    bodyLimit: JSON_BYTES_MAX,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: PARAM_CHARS_MAX },
    serverFactory: (handler) => {
      handle = handler;
      // Never listened at: the requests come from the listener that the front door is at.
      return createServer();
    },
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('preHandler', async ({ raw }) => void raw.socket.setTimeout(0));
  app.addHook('onSend', async ({ raw }) => void raw.socket.setTimeout(context.idleMs));
  app.setErrorHandler((error, _request, reply) => {
    const { status, body, isFault } = problemAnswer(error instanceof ZodError ? failureOf(error) : error);
    if (isFault) context.onFault(error);
    // What is left of a body that was not read to its end has nobody who would.
    if (status === 413) void reply.header('connection', 'close');
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler(({ method, url }, reply) => {
    const failure = new Failure(
      'not-found',
      `There is no ${method} ${url.split('?', 1)[0]}.`,
      '',
      `All there is: ${API_PATH}/openapi.json`,
    );
    const { status, body } = problemAnswer(failure);
    return reply.code(status).send(body);
  });
  await app.register(async (scope) => addRoutes(scope, context), { prefix: API_PATH });
  addMetrics(app, context.node);
  await app.register(async (scope) => addRpc(scope, context), { prefix: RPC_PATH });
  await app.ready();
  if (handle === null) throw new Error('fastify makes its server before it is ready');
  return handle;
}

function addRoutes(app: FastifyInstance, { node, machine, closing }: AppContext): void {
  for (const { method, path, run } of [...ROUTES, ...MACHINE_ROUTES]) {
    app.route({
      method,
      url: urlOf(path),
      handler: async ({ params, query, body }, reply) => answer(reply, await run(node, { params, query, body }, machine)),
    });
  }
  app.addContentTypeParser(TORRENT_ROUTE.type, { parseAs: 'buffer', bodyLimit: METADATA_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  );
  app.post(TORRENT_ROUTE.path, { bodyLimit: METADATA_BYTES_MAX }, async ({ query, body }, reply) => {
    if (Buffer.isBuffer(body)) return answer(reply, await TORRENT_ROUTE.run(node, query, new Uint8Array(body)));
    throw new Failure('usage', 'That is no .torrent file.', `Expected its bytes as ${TORRENT_ROUTE.type}.`, '');
  });
  addParts(app, machine);
  addMedia(app, machine);
  const document = openApiDocument();
  app.get('/openapi.json', async () => document);
  app.get(urlOf(REPORT_ROUTE.path), async ({ params }, reply) => sendReport(reply, machine.lab.runs.reportOf(runParams.parse(params).run)));
  closing.addEventListener('abort', () => void machine.lab.close(), { once: true });
  addStreams(app, node, machine.lab, closing);
}

function addParts(app: FastifyInstance, machine: Machine): void {
  const bodyLimit = DROP_PART_BYTES_MAX;
  app.addContentTypeParser(PART_ROUTE.type, { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
  app.put(urlOf(PART_ROUTE.path), { bodyLimit }, async ({ params, query, body }, reply) => {
    if (Buffer.isBuffer(body)) return answer(reply, await PART_ROUTE.run(machine, params, query, body));
    throw new Failure('usage', 'That is no part of a file.', `Expected its bytes as ${PART_ROUTE.type}.`, '');
  });
}

function addMedia(app: FastifyInstance, machine: Machine): void {
  let answers = 0;
  const send = (file: ServedFile, request: FastifyRequest, reply: FastifyReply): void => {
    if (answers >= MEDIA_MAX)
      throw new Failure('interrupted', 'Too many play already.', `There are ${MEDIA_MAX} readers.`, 'Close one of them.');
    MediaAnswer.send(file, request.raw, reply.raw);
    answers++;
    reply.hijack();
    reply.raw.once('close', () => answers--);
  };
  app.get(urlOf(MEDIA_ROUTE.path), (request: FastifyRequest, reply: FastifyReply) => {
    const { infoHash, number } = mediaParams.parse(request.params);
    send(machine.media(infoHash, number), request, reply);
  });
  app.get(urlOf(FETCH_MEDIA_ROUTE.path), async (request: FastifyRequest, reply: FastifyReply) => {
    send(await machine.fetched(fetchParams.parse(request.params).id), request, reply);
  });
}

function addStreams(app: FastifyInstance, node: NodeOperations, { worlds }: Lab, closing: AbortSignal): void {
  let streams = 0;
  /** Ends with the client, or the node. Throws a Failure when too many follow. */
  const begin = ({ raw: response }: FastifyReply): AbortSignal => {
    if (streams >= STREAMS_MAX) {
      throw new Failure('interrupted', 'Too many follow already.', `There are ${STREAMS_MAX} streams.`, 'End one of them.');
    }
    streams++;
    const gone = new AbortController();
    response.once('close', () => {
      streams--;
      gone.abort();
    });
    return AbortSignal.any([closing, gone.signal]);
  };
  app.get(STREAM_ROUTE.path, (request: FastifyRequest, reply: FastifyReply) => {
    const signal = begin(reply);
    const response = opened(reply);
    const lastId = request.headers[LAST_EVENT_ID.toLowerCase()];
    new EventStream(node, response, signal)
      .run(typeof lastId === 'string' ? lastId : null)
      // The client asks again, and is told why by the next answer.
      .catch(() => undefined)
      .finally(() => response.end());
  });
  app.get(urlOf(SEARCH_STREAM_ROUTE.path), async ({ params, headers }: FastifyRequest, reply: FastifyReply) => {
    const id = await searchOf(node, params);
    const signal = begin(reply);
    const response = opened(reply);
    const lastId = headers[LAST_EVENT_ID.toLowerCase()];
    streamSearch(node, id, response, typeof lastId === 'string' ? lastId : null, signal)
      // As above.
      .catch(() => undefined)
      .finally(() => response.end());
  });
  app.get(urlOf(FRAMES_ROUTE.path), async ({ params }: FastifyRequest, reply: FastifyReply) => {
    const { world } = worldParams.parse(params);
    // Before anything is said: that there is none is an answer like any other.
    await worlds.view(world);
    const signal = begin(reply);
    const response = opened(reply);
    signal.addEventListener('abort', () => response.end(), { once: true });
    new FrameStream(worlds, world, response, signal).start();
  });
}

function opened(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  reply.raw.flushHeaders();
  return reply.raw;
}

function urlOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** The library is loaded by who asks for them first. */
function addMetrics(app: FastifyInstance, node: NodeOperations): void {
  let metrics: Promise<Metrics> | null = null;
  app.get('/metrics', async (_request, reply) => {
    metrics ??= import('./metrics.ts').then(({ Metrics }) => new Metrics(node));
    const { contentType } = await metrics;
    return reply.header('content-type', contentType).send(await (await metrics).text());
  });
}

function addRpc(app: FastifyInstance, { node, closing, onFault }: AppContext): void {
  const rpc = new TransmissionRpc(node, closing, onFault);
  // Remotes send JSON under whatever type their library puts there.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.route({
    method: ['GET', 'POST'],
    url: '/',
    bodyLimit: RPC_BYTES_MAX,
    handler: async ({ method, headers, body }, reply) => {
      const { status, headers: more, text } = await rpc.answer(method, headers, typeof body === 'string' ? body : '');
      return reply.code(status).headers(more).send(text);
    },
  });
}

function answer(reply: FastifyReply, { status, body }: RouteAnswer): FastifyReply {
  return reply.code(status).send(body ?? undefined);
}

function failureOf({ issues }: ZodError): Failure {
  const [{ path, message } = { path: [], message: '' }] = issues;
  const where = path.length === 0 ? 'the request' : path.join('.');
  return new Failure('usage', 'The request is not as expected.', `${where}: ${message}.`, `See: ${API_PATH}/openapi.json`);
}
