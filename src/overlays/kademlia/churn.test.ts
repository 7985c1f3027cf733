/** Ten thousand nodes of which half are others after an hour: lookups keep finding the nearest. `bench/kademlia-churn.ts` has longer runs. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { runChurn } from '../../../test/kademlia/churn.ts';

test('10,000 nodes with a median session of 60 minutes: lookups find the nearest, and 95 of 100 of the 8 nearest', (t) => {
  const result = runChurn({ nodes: 10_000, medianSessionMinutes: 60, minutes: 10, lookupsPerMinute: 60, seed: 1 });
  const { lookups, nearestShare, foundShare, hopsMean, questionsMean, datagramsPerNodeMinute, bytesPerNodeSecond, died } = result;
  t.diagnostic(`${died} died; ${lookups} lookups, ${hopsMean.toFixed(2)} hops, ${questionsMean.toFixed(1)} questions each`);
  t.diagnostic(`nearest found ${nearestShare}, of the k nearest ${foundShare.toFixed(4)}`);
  t.diagnostic(`${datagramsPerNodeMinute.toFixed(1)} datagrams a node and minute, ${bytesPerNodeSecond.toFixed(1)} bytes a second`);
  assert.ok(lookups >= 590 && died > 1000);
  assert.ok(nearestShare >= 0.99, `nearest found in ${nearestShare}`);
  assert.ok(foundShare >= 0.95, `${foundShare} of the k nearest`);
  assert.ok(questionsMean < 20 && hopsMean < 6, `${questionsMean} questions, ${hopsMean} hops`);
});
