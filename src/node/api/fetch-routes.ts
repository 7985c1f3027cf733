/** The routes of files that are fetched by their hashes. Owns no state. */

import { Failure } from '../failure.ts';
import * as schema from './fetch-schemas.ts';
import { remoteFolder } from './remote-wishes.ts';
import { removeQuery } from './request-schemas.ts';
import { ok, type Route, route } from './route.ts';

export const FETCH_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/fetches',
    id: 'listFetches',
    summary: 'Files that are fetched by their hashes, and those that were.',
    answers: { 200: schema.fetchList },
    work: async (node) => ok({ fetches: await node.search.fetches() }),
  }),
  route({
    method: 'POST',
    path: '/fetches',
    id: 'startFetch',
    summary: 'Fetches the file that a link names by its hashes. Links of torrents are for POST /transfers.',
    body: schema.getFile,
    answers: { 201: schema.fetch },
    work: async (node, { body: { link, folder } }) => {
      const into = folder === undefined ? null : await remoteFolder(node, folder);
      return { status: 201, body: await node.search.get({ link: fileLink(link) }, into) };
    },
  }),
  route({
    method: 'GET',
    path: '/fetches/{id}',
    id: 'getFetch',
    summary: 'All about one: its parts, its holders and why each sends or does not.',
    params: schema.fetchParams,
    answers: { 200: schema.fetchDetail },
    work: async (node, { params }) => ok(await node.search.fetch(params.id)),
  }),
  route({
    method: 'POST',
    path: '/fetches/{id}/pause',
    id: 'pauseFetch',
    summary: 'Lets it rest; answers when its files are let go of. One that is done stays done.',
    params: schema.fetchParams,
    answers: { 200: schema.fetch },
    work: async (node, { params }) => ok(await node.search.pauseFetch(params.id)),
  }),
  route({
    method: 'POST',
    path: '/fetches/{id}/resume',
    id: 'resumeFetch',
    summary: 'Lets it go on, also after a failure.',
    params: schema.fetchParams,
    answers: { 200: schema.fetch },
    work: async (node, { params }) => ok(await node.search.resumeFetch(params.id)),
  }),
  route({
    method: 'DELETE',
    path: '/fetches/{id}',
    id: 'removeFetch',
    summary: 'Stops and forgets it; what has come stays, unless `data` says otherwise.',
    params: schema.fetchParams,
    query: removeQuery,
    answers: { 204: null },
    work: async (node, { params, query }) => {
      await node.search.removeFetch(params.id, query.data === 'true');
      return { status: 204, body: null };
    },
  }),
];

/** A number would be of the last search, whoever made that. */
function fileLink(link: string): string {
  if (/^(magnet|ed2k):/i.test(link)) return link;
  throw new Failure('usage', 'That is no link of a file.', '', 'Expected one that begins with magnet: or ed2k:');
}
