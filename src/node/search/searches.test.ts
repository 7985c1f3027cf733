import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeNetwork, hash } from '../../../test/search/fake-network.ts';
import { endpointOf } from '../../core/endpoint.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { Failure } from '../failure.ts';
import { HOSTS_KEPT_MAX, HostMemory } from './host-memory.ts';
import { LastSearch } from './last-search.ts';
import { hitsOf } from './search-view.ts';
import { ENDED_MAX, Searches, UNDER_WAY_MAX } from './searches.ts';

function room(t: TestContext, network = new FakeNetwork()) {
  const folder = mkdtempSync(join(tmpdir(), 'kith-searches-'));
  const searches = new Searches(folder, () => [network]);
  t.after(() => {
    searches.close();
    rmSync(folder, { recursive: true });
  });
  return { folder, searches, network };
}

test('the last search is kept for later commands, where nobody else can read it', (t) => {
  const { folder, searches, network } = room(t);
  const { id } = searches.start({ words: 'walrus' });
  network.finds({
    hashes: { ...NO_HASHES, sha1: hash(20, 1) },
    by: { firewalled: true, id: 'ab', proxies: [endpointOf('9.9.9.9', 1) as Uint8Array] },
  });
  network.finds({ at: 2 });
  searches.stop(id);
  searches.close();
  assert.equal(statSync(join(folder, 'last-search.json')).mode & 0o777, 0o600);
  const row = new LastSearch(folder).row(1);
  assert.deepEqual(hitsOf(row), searches.room(id).group(1)?.hits);
  assert.throws(
    () => new LastSearch(folder).row(3),
    (error) => error instanceof Failure && error.kind === 'not-found' && /walrus.*rows up to 2/.test(error.why),
  );
});

test('the number of a row that became part of another one leads there', (t) => {
  const { folder, searches, network } = room(t);
  searches.start({ words: 'walrus' });
  network.finds({ hashes: { ...NO_HASHES, sha1: hash(20, 1) } });
  network.finds({ hashes: { ...NO_HASHES, ed2k: hash(16, 2) }, at: 2 });
  network.finds({ hashes: { ...NO_HASHES, sha1: hash(20, 1), ed2k: hash(16, 2) }, at: 3 });
  searches.close();
  assert.equal(new LastSearch(folder).row(2).number, 1);
});

test('a file of the last search that is broken counts as none', (t) => {
  const { folder } = room(t);
  writeFileSync(join(folder, 'last-search.json'), '{"version":1,"rows":');
  assert.throws(() => new LastSearch(folder).row(1), /There is no row 1/);
});

test('searches are bounded: those under way are refused beyond, the oldest ended ones forgotten', (t) => {
  const { searches, network } = room(t);
  for (let count = 0; count < UNDER_WAY_MAX; count++) searches.start({ words: 'walrus' });
  assert.throws(() => searches.start({ words: 'walrus' }), /Too many searches/);
  network.ends();
  for (let count = 0; count < ENDED_MAX + 5; count++) {
    searches.start({ words: 'walrus' });
    network.ends();
  }
  assert.ok(searches.list().length <= ENDED_MAX + 1);
  assert.throws(() => searches.room(1), /There is no search 1/);
});

test('a search on a network that does not run says which', (t) => {
  const { searches } = room(t);
  assert.throws(() => searches.start({ words: 'walrus', networks: ['napster'] }), /does not take part in napster/);
});

test('members are remembered from run to run; a run that knew few or nobody forgets nobody, and there is an end to it', (t) => {
  const { folder } = room(t);
  const hosts = [endpointOf('1.2.3.4', 5), endpointOf('2001:db8::1', 6346)] as Uint8Array[];
  new HostMemory(folder).keep('gnutella', hosts);
  new HostMemory(folder).keep('gnutella', []);
  assert.deepEqual(new HostMemory(folder).recall('gnutella'), hosts);
  new HostMemory(folder).keep('gnutella', [hosts[1] as Uint8Array]);
  assert.deepEqual(new HostMemory(folder).recall('gnutella'), [hosts[1], hosts[0]]);
  const crowd = Array.from({ length: 300 }, (_, index) => endpointOf('9.9.9.9', index + 1) as Uint8Array);
  new HostMemory(folder).keep('gnutella', crowd);
  assert.deepEqual(new HostMemory(folder).recall('gnutella'), crowd.slice(0, HOSTS_KEPT_MAX));
  assert.deepEqual(new HostMemory(folder).recall('napster'), []);
  writeFileSync(join(folder, 'networks', 'napster.json'), '{"version":1,"hosts":[7,"x","1.2.3.4:5"]}');
  assert.deepEqual(new HostMemory(folder).recall('napster'), [hosts[0]]);
});
