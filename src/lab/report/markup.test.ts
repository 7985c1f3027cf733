import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { xmlFault } from '../../../test/fixtures/well-formed.ts';
import { coordinate, Markup, markup, NOTHING } from './markup.ts';

test('data goes in escaped, markup as it is', () => {
  const made = markup`<b title="${'"<x>&'}">${'<script>'}${markup`<i>${"it's"}</i>`}${[NOTHING, new Markup('<hr/>')]}</b>`;
  assert.equal(made.text, '<b title="&quot;&lt;x&gt;&amp;">&lt;script&gt;<i>it&#39;s</i><hr/></b>');
});

test('any text at all leaves the document well-formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(xmlFault(markup`<a b="${text}">${text}</a>`.text), null);
    }),
  );
});

test('what XML cannot hold, even escaped, becomes a replacement character', () => {
  assert.equal(markup`${'a\0b\x1bc\ud800d\uffffe\tf'}`.text, 'a\ufffdb\ufffdc\ufffdd\ufffde\tf');
});

test('a coordinate has at most two digits after the point and no negative zero', () => {
  assert.deepEqual([0.1 + 0.2, -0.001, 12, 1 / 3, -2.005, 1e6].map(coordinate), ['0.3', '0', '12', '0.33', '-2', '1000000']);
});

test('a coordinate that is no number is a bug, and is not drawn', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => markup`<a x="${value}"/>`, /a coordinate is a finite number/);
});
