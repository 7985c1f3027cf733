/** Experiments over the API: listed, run to their report, stopped, and no file of a caller's choosing run. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

const served = await ServedNode.open();
after(() => served.close());
const client = await DescribedClient.of(served);

const PATIENCE_MS = 90_000;
const LOOK_MS = 100;

interface Run {
  readonly id: number;
  readonly state: string;
  readonly runs: number;
  readonly done: number;
  readonly verdict: string | null;
  readonly sentence: string;
  readonly command: string;
}

async function until(run: string, fits: (view: Run) => boolean): Promise<Run> {
  for (const from = performance.now(); performance.now() - from < PATIENCE_MS; await delay(LOOK_MS)) {
    const view = (await client.call('getRun', { params: { run } })).body as unknown as Run;
    if (fits(view)) return view;
  }
  throw new Error(`run ${run} did not get there in time`);
}

test('an experiment is run with other values, shows how far it is, and ends with a verdict and a report', async () => {
  const experiments = (await client.call('listExperiments')).body['experiments'] as { name: string; last: string | null }[];
  assert.ok(experiments.some(({ name }) => name === 'xor-path-length'));
  const started = await client.call('startRun', { body: { experiment: 'xor-path-length', effort: 'quick', set: ['nodes=16,32'] } });
  assert.equal(started.status, 201);
  const run = String(started.body['id']);
  assert.equal(started.body['command'], 'kith lab sweep --quick xor-path-length --set nodes=16,32');
  const { runs, done, verdict, sentence, state } = await until(run, (view) => view.state !== 'running');
  assert.equal(state, 'done', sentence);
  assert.ok(runs > 0 && done === runs, `${done} of ${runs}`);
  assert.ok(verdict !== null && sentence !== '');
  const page = await served.ask('GET', `/api/v1/lab/runs/${run}/report`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.match(await page.text(), /<svg/);
  assert.equal(((await client.call('listRuns')).body['runs'] as unknown[]).length, 1);
});

test('a run that is stopped says so, and has no report', async () => {
  const started = await client.call('startRun', { body: { experiment: 'chord-churn', effort: 'full' } });
  const run = String(started.body['id']);
  assert.equal((await client.call('stopRun', { params: { run } })).body['state'], 'stopped');
  assert.equal((await served.ask('GET', `/api/v1/lab/runs/${run}/report`)).status, 404);
});

test('every operation on experiments has been called with success', () => {
  const succeeded = new Set([...client.called].filter((call) => / 2\d\d$/.test(call)).map((call) => call.split(' ')[0]));
  // The report is a page, which the client of the document does not take.
  const operations = ['/lab/runs', '/lab/experiments'].flatMap((below) => client.operations(below)).filter((id) => id !== 'getReport');
  assert.deepEqual(
    operations.filter((id) => !succeeded.has(id)),
    [],
  );
});

test('what is no experiment of kith is not run, whatever it is called', async () => {
  for (const experiment of ['xor-path-lenght', '../evil', '--out', '/etc/passwd', 'a/b']) {
    const { status } = await served.ask('POST', '/api/v1/lab/runs', { body: { experiment, effort: 'quick' } });
    assert.ok(status === 400 || status === 404, `${experiment}: ${status}`);
  }
  const body = { experiment: 'xor-path-length', effort: 'quick', set: ['--out=/etc'] };
  assert.equal((await served.ask('POST', '/api/v1/lab/runs', { body })).status, 400);
});
