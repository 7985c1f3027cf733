/** The routes to structured overlays: those that the user takes part in on this machine, with their tables, and lookups through them. Owns no state. */

import * as schema from './overlay-schemas.ts';
import { type Route, route } from './route.ts';

export const OVERLAY_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/overlays',
    id: 'listOverlays',
    summary: "The node's own DHT, and the nodes of structured overlays that `kith dht join` runs here.",
    answers: { 200: schema.overlayList },
    work: async (_node, _input, { overlays }) => ({ status: 200, body: { overlays: await overlays.list() } }),
  }),
  route({
    method: 'GET',
    path: '/overlays/{name}',
    id: 'getOverlay',
    summary: 'One of them: its places, and whom it knows as what.',
    params: schema.overlayParams,
    answers: { 200: schema.overlay },
    work: async (_node, { params }, { overlays }) => ({ status: 200, body: await overlays.view(params.name) }),
  }),
  route({
    method: 'POST',
    path: '/overlays/{name}/lookups',
    id: 'lookUpKey',
    summary: 'Looks up who is responsible for a key, and tells the way: who was asked, what came of it, after how long.',
    params: schema.overlayParams,
    body: schema.lookUp,
    answers: { 200: schema.lookup },
    work: async (_node, { params, body }, { overlays }) => ({
      status: 200,
      body: await overlays.lookup(params.name, body.key, body.hex ?? false),
    }),
  }),
];
