/** When a router's clock says that it has restarted (RFC 6887 §8.5), and when it is only a little wrong. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Epoch } from './epoch.ts';

const cases: readonly (readonly [title: string, from: number, server: number, client: number, lost: boolean])[] = [
  ['both go on alike', 100, 160, 60, false],
  ['an answer was overtaken by a later one', 100, 99, 0, false],
  ['the router begins anew', 100, 3, 60, true],
  ['the router began anew, and has run for longer than before', 10, 100, 3600, true],
  ['its clock is a sixteenth slow', 0, 15_000, 16_000, false],
  ['its clock is a sixteenth fast', 0, 16_000, 15_000, false],
  ['its clock is much too fast', 0, 20_000, 15_000, true],
];

for (const [title, from, server, client, lost] of cases) {
  test(`RFC 6887 §8.5: ${title}`, () => {
    const epoch = new Epoch();
    assert.equal(epoch.read(from, 0), false, 'the first reading says nothing');
    assert.equal(epoch.read(server, client), lost);
  });
}
