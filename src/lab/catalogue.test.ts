import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ExperimentFault, experimentsNamed, knownExperiments, loadExperiment } from './catalogue.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-catalogue-'));
const here = join(folder, 'experiments');
after(() => rmSync(folder, { recursive: true }));

const DECLARATION = `{
  title: 'T', question: 'Q?', source: { paper: 'P', where: 'W' }, seeds: 1, y: { label: 'y' }, curves: [],
  base: { system: 'chord', nodes: 1, workload: { kind: 'keys', keys: 1 } }, vary: { label: 'x', values: [1], set: (spec) => spec },
}`;
const GOOD = `import { experiment } from 'kith/lab';\nexport default experiment(${DECLARATION});\n`;

mkdirSync(here);
for (const name of ['b.experiment.ts', 'a.experiment.mjs', 'a.experiment.js', 'notes.ts', 'c.experiment.d.txt']) {
  writeFileSync(join(here, name), GOOD);
}

function fault(kind: ExperimentFault['kind'], words: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ExperimentFault && error.kind === kind && words.test(`${error.message} ${error.why}`);
}

function file(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { name, path, own: false };
}

test('experiments of the folder one is in are known by name, each name once', () => {
  const local = knownExperiments(folder).filter(({ own }) => !own);
  assert.deepEqual(
    local.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('kith knows its own experiments wherever one is', () => {
  assert.ok(knownExperiments(tmpdir()).every(({ own, path }) => own && path.includes('experiments')));
});

test('a word is a known name, a file, or all experiments of a folder', () => {
  const names = (word: string) => experimentsNamed(word, folder).map(({ name }) => name);
  assert.deepEqual(names('b'), ['b']);
  assert.deepEqual(names('experiments/b.experiment.ts'), ['b']);
  assert.deepEqual(names('experiments/notes.ts'), ['notes']);
  assert.deepEqual(names('experiments'), ['a', 'b']);
});

test('a word that is nothing is not found, and a folder without experiments neither', () => {
  assert.throws(() => experimentsNamed('nothing', folder), fault('not-found', /no experiment nothing/));
  assert.throws(() => experimentsNamed('.', folder), fault('not-found', /named like path-length\.experiment\.ts/));
  file('readme.txt', '');
  assert.throws(() => experimentsNamed('readme.txt', folder), fault('invalid', /\.ts, \.js or \.mjs/));
});

test("a file anywhere imports 'kith/lab', with TypeScript in it and a file beside it", async () => {
  file('beside.ts', "export const word: string = 'beside';\n");
  const text = `import { word } from './beside.ts';\n${GOOD.replace("'T'", 'word as string')}`;
  const { experiment, module } = await loadExperiment(file('foreign.experiment.ts', text));
  assert.deepEqual([experiment.title, experiment.base.start, module], ['beside', 'ideal', null]);
});

test('a file with a scenario of its own says where that is', async () => {
  const { module } = await loadExperiment(file('own.experiment.ts', `${GOOD}export const scenario = () => {};\n`));
  assert.match(module ?? '', /^file:.*own\.experiment\.ts$/);
});

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ['that cannot be read', 'export default {', /cannot be loaded/],
  ['whose declaration contradicts itself', GOOD.replace("'Q?'", "'Q'"), /question mark/],
  ['that imports what there is not', "import 'kith/nothing';", /cannot be loaded.*kith\/nothing/],
  ['without a default export', 'export const a = 1;', /export default experiment/],
  ['whose declaration did not go through experiment()', `export default ${DECLARATION};`, /export default experiment/],
  ['whose scenario is no function', `${GOOD}export const scenario = 3;`, /scenario.*function/],
];

for (const [index, [what, text, words]] of BROKEN.entries()) {
  test(`a file ${what} is invalid, and says why`, async () => {
    await assert.rejects(loadExperiment(file(`broken-${index}.experiment.ts`, text)), fault('invalid', words));
  });
}
