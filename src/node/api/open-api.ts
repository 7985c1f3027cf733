/** The OpenAPI 3.1 document, made of the routes and their schemas. Owns no state. */

import { z } from 'zod';
import { LAST_EVENT_ID, STREAM_ROUTE } from './event-stream.ts';
import { FRAMES_ROUTE } from './lab/frame-stream.ts';
import { runParams, worldParams } from './lab/lab-schemas.ts';
import { REPORT_ROUTE } from './lab/report-page.ts';
import { MACHINE_ROUTES, PART_ROUTE } from './machine-routes.ts';
import { fetchParams } from './fetch-schemas.ts';
import { FETCH_MEDIA_ROUTE, MEDIA_ROUTE } from './media-answer.ts';
import { OWN_PACKAGE } from './own-package.ts';
import { mediaParams, partParams, partQuery, torrentQuery } from './request-schemas.ts';
import type { Route } from './route.ts';
import { ROUTES, TORRENT_ROUTE } from './routes.ts';
import { SCHEMA_BOOK } from './schema-book.ts';
import { searchChange, searchParams } from './search-schemas.ts';
import { SEARCH_STREAM_ROUTE } from './search-stream.ts';
import { problemAnswer, streamMessage } from './view-schemas.ts';

export const API_PATH = '/api/v1';

type Json = Readonly<Record<string, unknown>>;

export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const add = (method: string, path: string, operation: Json): void => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const route of [...ROUTES, ...MACHINE_ROUTES]) add(route.method, route.path, operationOf(route));
  add('POST', TORRENT_ROUTE.path, {
    ...named(TORRENT_ROUTE),
    parameters: parametersOf(torrentQuery, 'query'),
    requestBody: { required: true, content: { [TORRENT_ROUTE.type]: {} } },
    responses: responsesOf(TORRENT_ROUTE.answers),
  });
  add('PUT', PART_ROUTE.path, {
    ...named(PART_ROUTE),
    parameters: [...parametersOf(partParams, 'path'), ...parametersOf(partQuery, 'query')],
    requestBody: { required: true, content: { [PART_ROUTE.type]: {} } },
    responses: responsesOf(PART_ROUTE.answers),
  });
  const media = [[MEDIA_ROUTE, mediaParams] as const, [FETCH_MEDIA_ROUTE, fetchParams] as const];
  for (const [mediaRoute, params] of media) {
    add('GET', mediaRoute.path, {
      ...named(mediaRoute),
      parameters: [...parametersOf(params, 'path'), { name: 'Range', in: 'header', required: false, schema: { type: 'string' } }],
      responses: {
        200: { description: 'All of it.', content: { '*/*': {} } },
        206: { description: 'The part that was asked for.', content: { '*/*': {} } },
        default: problemResponse(),
      },
    });
  }
  add('GET', STREAM_ROUTE.path, {
    ...named(STREAM_ROUTE),
    parameters: [{ name: LAST_EVENT_ID, in: 'header', required: false, schema: { type: 'string' } }],
    responses: {
      200: {
        description: `Server-sent events; the data of each is a JSON text of ${refOf(streamMessage).$ref}.`,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      default: problemResponse(),
    },
  });
  add('GET', SEARCH_STREAM_ROUTE.path, {
    ...named(SEARCH_STREAM_ROUTE),
    parameters: [...parametersOf(searchParams, 'path'), { name: LAST_EVENT_ID, in: 'header', required: false, schema: { type: 'string' } }],
    responses: {
      200: {
        description: `Server-sent events; the data of each is a JSON text of ${refOf(searchChange).$ref}.`,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      default: problemResponse(),
    },
  });
  add('GET', FRAMES_ROUTE.path, {
    ...named(FRAMES_ROUTE),
    parameters: parametersOf(worldParams, 'path'),
    responses: {
      200: { description: 'Server-sent events: docs/api.md.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      default: problemResponse(),
    },
  });
  add('GET', REPORT_ROUTE.path, {
    ...named(REPORT_ROUTE),
    parameters: parametersOf(runParams, 'path'),
    responses: { 200: { description: 'HTML.', content: { 'text/html': { schema: { type: 'string' } } } }, default: problemResponse() },
  });
  add('GET', '/openapi.json', {
    operationId: 'getOpenApi',
    summary: 'This document.',
    responses: { 200: { description: 'OpenAPI 3.1', content: json({ type: 'object' }) }, default: problemResponse() },
  });
  return {
    openapi: '3.1.1',
    info: {
      title: 'kith',
      version: OWN_PACKAGE.version,
      license: { name: OWN_PACKAGE.license, identifier: OWN_PACKAGE.license },
      description: 'A node of kith. Sizes in bytes, rates in bytes a second, times in ms since 1970. Answers may get more fields.',
    },
    servers: [{ url: API_PATH }],
    security: [{ token: [] }],
    paths,
    components: { schemas: schemas(), securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(route: Route): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    ...named(route),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== null && { requestBody: { required: true, content: json(refOf(route.body)) } }),
    responses: responsesOf(route.answers),
  };
}

function named({ id, summary }: { readonly id: string; readonly summary: string }): Json {
  return { operationId: id, summary };
}

function parametersOf(schema: z.ZodObject | null, place: 'path' | 'query'): Json[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: place, required: required.includes(name), schema }));
}

function responsesOf(answers: Route['answers']): Json {
  const known = Object.entries(answers).map(([status, schema]) => [
    status,
    schema === null ? { description: 'Done.' } : { description: 'Done.', content: json(refOf(schema)) },
  ]);
  return { ...Object.fromEntries(known), default: problemResponse() };
}

function problemResponse(): Json {
  return { description: 'What went wrong, why, and what to do next.', content: json(refOf(problemAnswer)) };
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

function refOf(schema: z.ZodType): { readonly $ref: string } {
  const { id } = SCHEMA_BOOK.get(schema) ?? {};
  if (id === undefined) throw new Error('a body of the API has a schema with a name');
  return { $ref: `#/components/schemas/${id}` };
}

/** As they are taken in: answers may have more fields than are named, requests may not. */
function schemas(): Json {
  const { schemas } = z.toJSONSchema(SCHEMA_BOOK, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  // They lie in one document, of the dialect that OpenAPI 3.1 has: neither needs saying.
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [
      id,
      Object.fromEntries(Object.entries(schema).filter(([key]) => !/^\$(schema|id)$/.test(key))),
    ]),
  );
}
