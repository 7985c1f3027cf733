/** All routes of the API that take and give JSON. Owns no state. */

import { Failure } from '../failure.ts';
import type { AddOptions } from '../node-operations.ts';
import type { TransferView } from '../node-view.ts';
import { FETCH_ROUTES } from './fetch-routes.ts';
import { LAB_ROUTES } from './lab/lab-routes.ts';
import { remoteFolder, remoteLink } from './remote-wishes.ts';
import * as asked from './request-schemas.ts';
import { given, ok, type Route, route, type RouteAnswer } from './route.ts';
import { OVERLAY_ROUTES } from './overlay-routes.ts';
import { SEARCH_ROUTES } from './search-routes.ts';
import { SETTABLE } from './settable.ts';
import * as shown from './view-schemas.ts';

const ONE = { 200: shown.transfer };

export const ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/node',
    id: 'getNode',
    summary: 'The node as a whole.',
    answers: { 200: shown.node },
    work: async (node) => ok(await node.status()),
  }),
  route({
    method: 'POST',
    path: '/node/stop',
    id: 'stopNode',
    summary: 'Asks the node to stop in good order.',
    answers: { 202: null },
    work: async (node) => {
      await node.stop();
      return { status: 202, body: null };
    },
  }),
  route({
    method: 'GET',
    path: '/transfers',
    id: 'listTransfers',
    summary: 'What the node holds, in the order of the queue.',
    query: asked.listQuery,
    answers: { 200: shown.transferList },
    work: async (node, { query: { state, label } }) => {
      const fits = (view: TransferView): boolean =>
        (state === undefined || view.state === state) && (label === undefined || view.labels.includes(label));
      return ok({ transfers: (await node.list()).filter(fits) });
    },
  }),
  route({
    method: 'POST',
    path: '/transfers',
    id: 'addTransfer',
    summary: 'Adds what a link names. 200: it was there already, and nothing of it was changed.',
    body: asked.addTransfer,
    answers: { 200: shown.added, 201: shown.added },
    work: async (node, { body: { link, folder, only, ...more } }) => {
      const options = {
        ...given(more),
        ...(folder !== undefined && { folder: await remoteFolder(node, folder) }),
        ...(only !== undefined && { only: only.map((number) => number - 1) }),
      };
      return addedAnswer(await node.add({ link: remoteLink(link) }, options));
    },
  }),
  route({
    method: 'GET',
    path: '/transfers/{infoHash}',
    id: 'getTransfer',
    summary: 'All about one: files, pieces, peers and trackers.',
    params: asked.transferParams,
    answers: { 200: shown.transferDetail },
    work: async (node, { params }) => ok(await node.info(params.infoHash)),
  }),
  route({
    method: 'PATCH',
    path: '/transfers/{infoHash}',
    id: 'changeTransfer',
    summary: 'Labels, limits, the end of seeding: what is named changes.',
    params: asked.transferParams,
    body: asked.changeTransfer,
    answers: ONE,
    work: async (node, { params, body }) => ok(await node.change(params.infoHash, given(body))),
  }),
  route({
    method: 'DELETE',
    path: '/transfers/{infoHash}',
    id: 'removeTransfer',
    summary: 'Takes it out of the list; its files stay, unless `data` says otherwise.',
    params: asked.transferParams,
    query: asked.removeQuery,
    answers: { 204: null },
    work: async (node, { params, query }) => {
      await node.remove(params.infoHash, query.data === 'true');
      return { status: 204, body: null };
    },
  }),
  ...(['pause', 'resume', 'verify', 'reannounce'] as const).map((what) =>
    route({
      method: 'POST',
      path: `/transfers/{infoHash}/${what}`,
      id: `${what}Transfer`,
      summary: {
        pause: 'Lets it rest.',
        resume: 'Lets it go on, also after a failure or after it has seeded enough.',
        verify: 'Hashes again all that is on disk; an event tells the end.',
        reannounce: 'Asks its trackers for peers, as soon as they allow it.',
      }[what],
      params: asked.transferParams,
      answers: ONE,
      work: async (node, { params }) => ok(await node[what](params.infoHash)),
    }),
  ),
  route({
    method: 'POST',
    path: '/transfers/{infoHash}/files',
    id: 'chooseFiles',
    summary: 'Gives files a priority.',
    params: asked.transferParams,
    body: asked.chooseFiles,
    answers: ONE,
    work: async (node, { params, body }) =>
      ok(
        await node.prioritize(
          params.infoHash,
          body.files.map((number) => number - 1),
          body.priority,
        ),
      ),
  }),
  route({
    method: 'POST',
    path: '/transfers/{infoHash}/move',
    id: 'moveTransfer',
    summary: 'Moves its files; answers when they are there.',
    params: asked.transferParams,
    body: asked.moveTransfer,
    answers: ONE,
    work: async (node, { params, body }) => ok(await node.move(params.infoHash, await remoteFolder(node, body.folder))),
  }),
  route({
    method: 'POST',
    path: '/transfers/{infoHash}/queue',
    id: 'moveInQueue',
    summary: 'Its place in the queue.',
    params: asked.transferParams,
    body: asked.moveInQueue,
    answers: ONE,
    work: async (node, { params, body }) => ok(await node.reorder(params.infoHash, body.to)),
  }),
  route({
    method: 'GET',
    path: '/settings',
    id: 'listSettings',
    summary: 'What holds, and which flag, variable or file says so.',
    answers: { 200: shown.settingList },
    work: async (node) => ok({ settings: await node.settings() }),
  }),
  route({
    method: 'PUT',
    path: '/settings/{key}',
    id: 'changeSetting',
    summary: `Changes a setting: ${SETTABLE.join(', ')}. All others are for the machine itself.`,
    params: asked.settingParams,
    body: asked.changeSetting,
    answers: { 200: shown.setting },
    work: async (node, { params, body }) => {
      if (SETTABLE.includes(params.key)) return ok(await node.set(params.key, body.value, body.lasting === true));
      const next = `On the machine itself: kith config set ${params.key} VALUE`;
      throw new Failure('denied', `${params.key} is not for callers of the API.`, 'It decides where, or by which way.', next);
    },
  }),
  ...SEARCH_ROUTES,
  ...FETCH_ROUTES,
  ...OVERLAY_ROUTES,
  ...LAB_ROUTES,
];

/** Adds a `.torrent`: the body is its bytes. */
export const TORRENT_ROUTE = {
  path: '/transfers/from-torrent',
  id: 'addTorrent',
  summary: 'Adds a .torrent, whose bytes are the body. 200: it was there already.',
  type: 'application/x-bittorrent',
  answers: { 200: shown.added, 201: shown.added },
  run: async (node: Parameters<Route['run']>[0], query: unknown, metainfo: Uint8Array): Promise<RouteAnswer> => {
    const { folder, paused, label } = asked.torrentQuery.parse(query);
    const options: AddOptions = {
      ...(folder !== undefined && { folder: await remoteFolder(node, folder) }),
      ...(label !== undefined && { labels: [label] }),
      paused: paused === 'true',
    };
    return addedAnswer(await node.add({ metainfo }, options));
  },
} as const;

function addedAnswer(added: { readonly already: boolean }): RouteAnswer {
  return { status: added.already ? 200 : 201, body: added };
}
