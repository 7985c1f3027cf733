import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash, hitOf } from '../../../test/search/fake-network.ts';
import { base32Of } from '../../core/base32.ts';
import { NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import { Failure } from '../failure.ts';
import { isWanted, type SearchAsk, wishOf } from './search-wish.ts';

const SHA1 = hash(20, 1);

function wants(ask: Partial<SearchAsk>, ...hit: Parameters<typeof hitOf>): boolean {
  return isWanted(wishOf({ words: 'walrus', ...ask }).request, hitOf(...hit));
}

test('words are looked for as networks write them, and those with a minus must not be there', () => {
  const { request } = wishOf({ words: 'Wálrus  POLKA -live -demo' });
  assert.deepEqual(
    [request.words, request.without],
    [
      ['walrus', 'polka'],
      ['live', 'demo'],
    ],
  );
  assert.ok(wants({ words: 'walrus -live' }, {}));
  assert.ok(!wants({ words: 'walrus -live' }, { name: 'walrus live.mp3' }));
});

test('a hit without the words is not wanted, wherever it came from; tags count, and beginnings of words', () => {
  assert.ok(!wants({}, { name: 'buy pills.mp3' }));
  assert.ok(wants({}, { name: '01.mp3', tags: { ...NO_TAGS, title: 'Walruses' } }));
});

test('kind, size and bit rate have to fit, and a file that does not tell its bit rate has none', () => {
  assert.ok(wants({ kind: 'audio', bytesMin: 1000, bytesMax: 1000 }, {}));
  assert.ok(!wants({ kind: 'video' }, {}));
  assert.ok(!wants({ bytesMin: 1001 }, {}));
  assert.ok(!wants({ bytesMax: 999 }, {}));
  assert.ok(!wants({ bitRateMin: 128 }, {}));
  assert.ok(wants({ bitRateMin: 128, bitRateMax: 192 }, { tags: { ...NO_TAGS, bitRate: 160 } }));
});

test('with a hash it is that file alone, whatever it is called', () => {
  const urns = [`urn:sha1:${base32Of(SHA1)}`];
  assert.ok(wants({ words: '', urns }, { name: 'x', hashes: { ...NO_HASHES, sha1: SHA1 } }));
  assert.ok(!wants({ words: '', urns }, { hashes: { ...NO_HASHES, sha1: hash(20, 2) } }));
  assert.ok(!wants({ words: '', urns }, {}));
});

test('what makes no sense is refused, with what was expected', () => {
  const refused = (ask: Partial<SearchAsk>): RegExp | string => {
    try {
      wishOf({ words: 'a', ...ask });
      return '';
    } catch (error) {
      assert.ok(error instanceof Failure && error.kind === 'usage');
      return `${error.why} ${error.next}`;
    }
  };
  assert.match(String(refused({ words: '-- !' })), /no word/);
  assert.match(String(refused({ urns: ['urn:btih:1'] })), /is no hash of a file.*urn:sha1/);
  assert.match(String(refused({ browse: ['two words'] })), /no name of a holder.*nick of Napster/);
  assert.match(String(refused({ browse: Array.from({ length: 9 }, (_, at) => `n${at}`) })), /At most 8 holders/);
  assert.match(String(refused({ bytesMin: 2, bytesMax: 1 })), /that small and that large/);
  assert.match(String(refused({ words: 'a'.repeat(10_000) })), /At most 512/);
});
