import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchTrail } from '../../../src/lab/live/search-trail.ts';
import { nodeRows } from './node-rows.ts';
import { NodeRole, NodeState, type SearchTrailView } from './shown.ts';
import { stepSentence, titleWords } from './search-words.ts';

/** A message from one to another, sent and arriving then. */
function note(trail: SearchTrail, kind: 'query' | 'hit', from: number, to: number, atMs: number, arrivesMs: number, lost = false): void {
  trail.note({ kind, from, to, atMs, arrivesMs, lost });
}

/** Node 0 asks 1 and 2, who ask each other; 2 has it, and says so. */
function trail(): SearchTrailView {
  const trail = new SearchTrail(0, 1_000);
  for (const to of [1, 2]) note(trail, 'query', 0, to, 1_000, 1_050);
  note(trail, 'query', 1, 2, 1_050, 1_100);
  note(trail, 'query', 2, 1, 1_050, 1_100);
  note(trail, 'hit', 2, 0, 1_050, 1_100);
  return { number: 1, from: 0, ...trail.view(), holders: [2], found: [{ node: 2, name: 'a.mp3', tookMs: 100 }] };
}

test('a step says which hop it makes, whom it reaches, what comes again and what goes back', () => {
  assert.equal(stepSentence(trail(), 0), 'hop 1 goes to 2 more nodes with 2 queries. It begins after 0 ms.');
  assert.equal(
    stepSentence(trail(), 1),
    'hop 2 goes to nobody new with 2 queries; 2 of them come where it has been; 1 hit on the way back. It begins after 50 ms.',
  );
  assert.equal(stepSentence(trail(), 2), 'it has sent no query yet.');
});

test('a title is found by words that the laboratory gives it', () => {
  assert.equal(titleWords(47), 'artist2 title47');
});

test('the table of nodes says what the picture does: role, hop, who has it and who was found', () => {
  const frame = { states: Uint8Array.of(NodeState.member, NodeState.member, NodeState.member, NodeState.gone), swarm: null };
  const places = { roles: Uint8Array.of(NodeRole.ordinary, NodeRole.serving, NodeRole.ordinary, NodeRole.ordinary) };
  const rows = nodeRows(frame, places, trail(), ['ultrapeer', 'leaf'], 100);
  assert.deepEqual(
    rows.map(({ state, role, hop, holds }) => [state, role, hop, holds]),
    [
      ['member', 'leaf', 0, ''],
      ['member', 'ultrapeer', 1, ''],
      ['member', 'leaf', 1, 'found'],
      ['gone', 'leaf', null, ''],
    ],
  );
});

test('the table of a swarm says how much each holds and how many it serves', () => {
  const swarm = { parts: Uint8Array.of(0, 255, 127), serving: Uint32Array.of(1, 2, 0, 1, 0, 1), holders: new Uint16Array(4), done: 1 };
  const frame = { states: Uint8Array.of(NodeState.member, NodeState.member, NodeState.member), swarm };
  const rows = nodeRows(frame, { roles: Uint8Array.of(NodeRole.helper, 0, 0) }, null, ['tracker', 'peer'], 2);
  assert.deepEqual(
    rows.map(({ role, part, serves }) => [role, part, serves]),
    [
      ['tracker', null, 0],
      ['peer', 100, 2],
    ],
  );
});
