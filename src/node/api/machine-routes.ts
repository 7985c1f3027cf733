/** The routes beside a node's own operations: how its machine is, what its log says, files that a page drops. Owns no state. */

import * as asked from './request-schemas.ts';
import { type Route, route, type RouteAnswer } from './route.ts';
import * as shown from './view-schemas.ts';

const LOG_LINES = 200;

export const MACHINE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/doctor',
    id: 'examineNode',
    summary: 'Is everything as a node needs it? What is not says what to do.',
    answers: { 200: shown.findingList },
    work: async (_node, _input, machine) => ({ status: 200, body: { findings: await machine.examine() } }),
  }),
  route({
    method: 'GET',
    path: '/log',
    id: 'readLog',
    summary: 'The end of the log, latest last; of one transfer, or of all.',
    query: asked.logQuery,
    answers: { 200: shown.logLineList },
    work: async (_node, { query: { lines, infoHash } }, machine) => ({
      status: 200,
      body: { lines: await machine.log(lines ?? LOG_LINES, infoHash ?? null) },
    }),
  }),
  route({
    method: 'POST',
    path: '/drops',
    id: 'beginDrop',
    summary: 'Begins to send files that are to be shared: their names and sizes. 507 when there is no room for them.',
    body: asked.beginDrop,
    answers: { 201: shown.drop },
    work: async (_node, { body }, machine) => ({ status: 201, body: { drop: await machine.drops.begin(body.files) } }),
  }),
  route({
    method: 'POST',
    path: '/drops/{drop}/share',
    id: 'shareDrop',
    summary: 'Shares what was sent, once all of it is there. 200: it was shared already.',
    params: asked.dropParams,
    body: asked.shareDrop,
    answers: { 200: shown.added, 201: shown.added },
    work: async (node, { params, body: { name, labels } }, machine) => {
      const paths = await machine.drops.finish(params.drop);
      const added = await node.share(paths, { name: paths.length === 1 ? null : (name ?? null), ...(labels !== undefined && { labels }) });
      return { status: added.already ? 200 : 201, body: added };
    },
  }),
  route({
    method: 'DELETE',
    path: '/drops/{drop}',
    id: 'cancelDrop',
    summary: 'What was sent goes.',
    params: asked.dropParams,
    answers: { 204: null },
    work: async (_node, { params }, machine) => {
      machine.drops.cancel(params.drop);
      return { status: 204, body: null };
    },
  }),
];

/** Sends a part of a file: the body is its bytes. */
export const PART_ROUTE = {
  path: '/drops/{drop}/files/{number}',
  id: 'sendPart',
  summary: 'Sends the next part of a file, counted from 0; the bytes are the body. 409 says which part is wanted.',
  type: 'application/octet-stream',
  answers: { 200: shown.dropProgress },
  run: async (machine: Parameters<Route['run']>[2], params: unknown, query: unknown, part: Uint8Array): Promise<RouteAnswer> => {
    const { drop, number } = asked.partParams.parse(params);
    const { offset } = asked.partQuery.parse(query);
    return { status: 200, body: { haveBytes: await machine.drops.write(drop, number, offset, part) } };
  },
} as const;
