/** Looking at all that one holder shares, whatever his network, on sockets of this machine. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { openGnutellaNetwork } from '../../src/node/gnutella-network.ts';
import { openNapsterNetwork } from '../../src/node/napster-network.ts';
import type { SearchNetwork } from '../../src/node/search/search-network.ts';
import { SearchRoom } from '../../src/node/search/search-room.ts';
import { wishOf } from '../../src/node/search/search-wish.ts';
import { until } from '../interop/peers/process-group.ts';
import { indexServer, town } from './town.ts';

const MAX_MS = 60_000;
const WAIT_MS_MAX = 30_000;

/** What those networks say of those holders: each row, and who is said to have it. */
async function browsed(networks: readonly SearchNetwork[], browse: readonly string[], words = ''): Promise<string[]> {
  const room = new SearchRoom(1, wishOf({ words, browse, waitMs: 20_000 }), networks);
  await room.ended;
  assert.equal(room.view().why, 'Everybody has been asked.');
  return room.groups.ranked().flatMap(({ hits }) => hits.map(({ network, name }) => `${network}: ${name}`));
}

test('what a servent of Gnutella and a user of Napster share is looked at in one search, each by his own name', {
  timeout: MAX_MS,
}, async (t) => {
  const { member } = await town(t, 100_000);
  const { index, endpoint } = await indexServer(t);
  const ultrapeer = await member(openGnutellaNetwork, true, []);
  await until('an ultrapeer', WAIT_MS_MAX, () => ultrapeer.status().role === 'ultrapeer');
  const address = ultrapeer.status().address ?? '';
  const user = await member(openNapsterNetwork, true, [endpoint]);
  const nick = String(user.status().facts.find(({ label }) => label === 'nick')?.value);
  const seekers = [
    await member(openGnutellaNetwork, false, [parseEndpoint(address) as Endpoint]),
    await member(openNapsterNetwork, false, [endpoint]),
  ];
  await until(
    'members',
    WAIT_MS_MAX,
    () => [user, ...seekers].every((each) => each.status().state === 'member') && index.files.count === 1,
  );
  const both = ['gnutella: walrus polka.mp3', 'napster: walrus polka.mp3'];
  assert.deepEqual((await browsed(seekers, [address, nick])).sort(), both);
  assert.deepEqual(await browsed(seekers, [nick], 'walrus -polka'), []);
  // Nobody is there, or nobody of that name.
  assert.deepEqual(await browsed(seekers, ['127.0.0.1:1', 'nobody', 'neither=nor']), []);
});
