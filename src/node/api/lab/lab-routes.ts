/** The routes of the API to the laboratory: experiments, and simulated worlds that are watched. Owns no state. */

import type { LivePlan } from '../../../lab/live/live-plan.ts';
import type { LiveSession } from '../../../lab/live/live-session.ts';
import type { LiveLab } from '../../lab/live-lab.ts';
import { type Route, type RouteAnswer, route } from '../route.ts';
import { shownTrail } from './frame-stream.ts';
import * as shown from './lab-schemas.ts';

const DONE = { 204: null };

export const LAB_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/lab/systems',
    id: 'listSystems',
    summary: 'What can be simulated and watched, and what can be chosen about each.',
    answers: { 200: shown.systemList },
    work: async () => {
      const { watchableSystems } = await import('../../../lab/live/watched-network.ts');
      return { status: 200, body: { systems: watchableSystems() } };
    },
  }),
  route({
    method: 'GET',
    path: '/lab/experiments',
    id: 'listExperiments',
    summary: 'The experiments that come with kith: what each asks, how long it takes, what came of it last.',
    answers: { 200: shown.experimentList },
    work: async (_node, _input, { lab: { runs } }) => ({ status: 200, body: { experiments: await runs.catalogue() } }),
  }),
  route({
    method: 'GET',
    path: '/lab/runs',
    id: 'listRuns',
    summary: 'The experiments that were started here since the node runs.',
    answers: { 200: shown.runList },
    work: async (_node, _input, { lab: { runs } }) => ({ status: 200, body: { runs: runs.list() } }),
  }),
  route({
    method: 'POST',
    path: '/lab/runs',
    id: 'startRun',
    summary: 'Runs an experiment, with other values if any are named. What is done already is not done again.',
    body: shown.startRun,
    answers: { 201: shown.run },
    work: async (_node, { body }, { lab: { runs } }) => ({ status: 201, body: await runs.start({ ...body, set: body.set ?? [] }) }),
  }),
  route({
    method: 'GET',
    path: '/lab/runs/{run}',
    id: 'getRun',
    summary: 'How far it is, and its verdict.',
    params: shown.runParams,
    answers: { 200: shown.run },
    work: async (_node, { params }, { lab: { runs } }) => ({ status: 200, body: runs.view(params.run) }),
  }),
  route({
    method: 'POST',
    path: '/lab/runs/{run}/stop',
    id: 'stopRun',
    summary: 'Stops it; what is done is kept.',
    params: shown.runParams,
    answers: { 200: shown.run },
    work: async (_node, { params }, { lab: { runs } }) => ({ status: 200, body: runs.stop(params.run) }),
  }),
  route({
    method: 'GET',
    path: '/lab/worlds',
    id: 'listWorlds',
    summary: 'The worlds that run now.',
    answers: { 200: shown.worldList },
    work: async (_node, _input, { lab: { worlds } }) => ({ status: 200, body: { worlds: await worlds.list() } }),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds',
    id: 'openWorld',
    summary: 'Makes a simulated world, which begins paused.',
    body: shown.openWorld,
    answers: { 201: shown.world },
    work: async (_node, { body: { spec, seed, acts = [], atMs = 0 } }, { lab: { worlds } }) => {
      const { planOf } = await import('../../../lab/live/live-plan.ts');
      // What else the spec says is looked at by the laboratory, which names what is wrong.
      const plan: LivePlan = planOf(spec, seed, acts);
      return { status: 201, body: await worlds.open(plan, atMs) };
    },
  }),
  route({
    method: 'GET',
    path: '/lab/worlds/{world}',
    id: 'getWorld',
    summary: 'A world, and the plan that would make it again.',
    params: shown.worldParams,
    answers: { 200: shown.world },
    work: async (_node, { params }, { lab: { worlds } }) => ({ status: 200, body: await worlds.view(params.world) }),
  }),
  route({
    method: 'DELETE',
    path: '/lab/worlds/{world}',
    id: 'endWorld',
    summary: 'Ends a world.',
    params: shown.worldParams,
    answers: DONE,
    work: async (_node, { params }, { lab: { worlds } }) => {
      await worlds.end(params.world);
      return { status: 204, body: null };
    },
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/play',
    id: 'playWorld',
    summary: 'Lets its time pass, as fast as asked for or as it can.',
    params: shown.worldParams,
    body: shown.play,
    answers: DONE,
    work: (_node, { params, body }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.play(body.speed)),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/pause',
    id: 'pauseWorld',
    summary: 'Stops its time.',
    params: shown.worldParams,
    answers: DONE,
    work: (_node, { params }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.pause()),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/step',
    id: 'stepWorld',
    summary: 'Goes to the next moment in which something happens, and pauses there.',
    params: shown.worldParams,
    answers: DONE,
    work: (_node, { params }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.step()),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/seek',
    id: 'seekWorld',
    summary: 'Goes to a moment, back too: the same things happen again.',
    params: shown.worldParams,
    body: shown.seek,
    answers: DONE,
    work: (_node, { params, body }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.seek(body.atMs)),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/acts',
    id: 'actOnWorld',
    summary: 'Does something to it now. What its plan had ahead is dropped.',
    params: shown.worldParams,
    body: shown.deed,
    answers: DONE,
    work: (_node, { params, body }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.perform(body)),
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/fork',
    id: 'forkWorld',
    summary: 'A second world that is like this one up to now.',
    params: shown.worldParams,
    answers: { 201: shown.world },
    work: async (_node, { params }, { lab: { worlds } }) => ({ status: 201, body: await worlds.fork(params.world) }),
  }),
  route({
    method: 'GET',
    path: '/lab/worlds/{world}/nodes/{node}',
    id: 'getSimulatedNode',
    summary: 'The places of a node, and whom it knows from each.',
    params: shown.nodeParams,
    answers: { 200: shown.placeList },
    work: async (_node, { params }, { lab: { worlds } }) => ({
      status: 200,
      body: { places: await worlds.ask(params.world, (session) => session.lookAt(params.node)) },
    }),
  }),
  route({
    method: 'GET',
    path: '/lab/worlds/{world}/searches/{search}',
    id: 'getTrail',
    summary: 'The way of a search through a network that finds files by words: whom it came to after how many hops, and what went back.',
    params: shown.searchParams,
    answers: { 200: shown.trail },
    work: async (_node, { params }, { lab: { worlds } }) => {
      const trail = await worlds.ask(params.world, (session) => session.trail(params.search));
      return { status: 200, body: shownTrail(trail) };
    },
  }),
  route({
    method: 'POST',
    path: '/lab/worlds/{world}/searches/{search}/step',
    id: 'stepTrail',
    summary: 'Goes on until all that is under way of a search has arrived, and pauses there.',
    params: shown.searchParams,
    answers: DONE,
    work: (_node, { params }, { lab: { worlds } }) => tell(worlds, params.world, (session) => session.stepSearch(params.search)),
  }),
  route({
    method: 'GET',
    path: '/lab/worlds/{world}/walk',
    id: 'walkWorld',
    summary: 'The way to a key, hop by hop, by the tables of this moment; nothing is sent.',
    params: shown.worldParams,
    query: shown.walkQuery,
    answers: { 200: shown.walk },
    work: async (_node, { params, query }, { lab: { worlds } }) => ({
      status: 200,
      body: { steps: await worlds.ask(params.world, (session) => session.walk(query.from, query.key)) },
    }),
  }),
];

async function tell(worlds: LiveLab, id: number, what: (session: LiveSession) => Promise<void>): Promise<RouteAnswer> {
  await worlds.ask(id, what);
  return { status: 204, body: null };
}
