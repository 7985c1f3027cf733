/** The routes of searches over all networks. Owns no state. */

import { fetch } from './fetch-schemas.ts';
import { remoteFolder } from './remote-wishes.ts';
import { given, ok, type Route, route } from './route.ts';
import * as schema from './search-schemas.ts';

export const SEARCH_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/networks',
    id: 'listNetworks',
    summary: 'The search networks that the node takes part in, with their neighbours.',
    answers: { 200: schema.networkList },
    work: async (node) => ok({ networks: await node.search.networks() }),
  }),
  route({
    method: 'GET',
    path: '/searches',
    id: 'listSearches',
    summary: 'Searches under way, and those that have ended lately.',
    answers: { 200: schema.searchList },
    work: async (node) => ok({ searches: await node.search.list() }),
  }),
  route({
    method: 'POST',
    path: '/searches',
    id: 'startSearch',
    summary: 'Searches all networks at once; rows come by `changes` or by its events.',
    body: schema.startSearch,
    answers: { 201: schema.search },
    work: async (node, { body: { words, ...more } }) => ({ status: 201, body: await node.search.start({ words, ...given(more) }) }),
  }),
  route({
    method: 'GET',
    path: '/searches/{id}',
    id: 'getSearch',
    summary: 'A search, and its rows that have changed after `after`.',
    params: schema.searchParams,
    query: schema.changesQuery,
    answers: { 200: schema.searchChange },
    work: async (node, { params, query }) => ok(await node.search.changes(params.id, query.after ?? 0)),
  }),
  route({
    method: 'GET',
    path: '/searches/{id}/rows/{number}',
    id: 'getSearchRow',
    summary: 'One row with its holders.',
    params: schema.rowParams,
    answers: { 200: schema.searchRow },
    work: async (node, { params }) => ok(await node.search.row(params.id, params.number)),
  }),
  route({
    method: 'POST',
    path: '/searches/{id}/stop',
    id: 'stopSearch',
    summary: 'Ends it; what it has found stays for a while.',
    params: schema.searchParams,
    answers: { 200: schema.search },
    work: async (node, { params }) => ok(await node.search.stop(params.id)),
  }),
  route({
    method: 'POST',
    path: '/searches/{id}/rows/{number}/get',
    id: 'getSearchRowFile',
    summary: 'Fetches the file of a row, from whoever has it. The same file again is the same fetch.',
    params: schema.rowParams,
    body: schema.getRow,
    answers: { 201: fetch },
    work: async (node, { params, body: { folder } }) => {
      const into = folder === undefined ? null : await remoteFolder(node, folder);
      return { status: 201, body: await node.search.get({ search: params.id, row: params.number }, into) };
    },
  }),
];
