import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeState } from '../lab/shown.ts';
import { contactsOf, frameOf, numbersOf, placesOf } from './contact-picture.ts';

const A = { id: '40'.padEnd(40, '0'), address: '10.0.0.1:1' };
const B = { id: 'c0'.padEnd(40, '0'), address: '10.0.0.2:1' };
const OWN = {
  id: '00'.repeat(20),
  neighbours: [
    { ...A, role: 'successor' },
    { ...A, role: 'finger' },
    { ...B, role: 'silent' },
  ],
};

test('own places come first, who is several things is there once, and who was met only on the way last', () => {
  const met = { id: '80'.repeat(20), address: '10.0.0.3:1' };
  const contacts = contactsOf('10.0.0.9:1', [OWN], [A, met]);
  assert.deepEqual(
    contacts.map(({ address, roles }) => `${address} ${roles.join('+')}`),
    ['10.0.0.9:1 ', '10.0.0.1:1 successor+finger', '10.0.0.2:1 silent', '10.0.0.3:1 '],
  );
  assert.deepEqual(numbersOf(contacts, [met, { id: 'x', address: 'y' }, A]), [3, 1]);
  assert.deepEqual([...frameOf(contacts).states], [NodeState.member, NodeState.member, NodeState.joining, NodeState.member]);
});

test('on a ring a quarter of the ids is a quarter of the circle, clockwise from the top', () => {
  const { shape, spots } = placesOf('ring', contactsOf('', [OWN], []));
  const rounded = [...spots].map((value) => Math.round(value * 100) / 100);
  assert.equal(shape, 'ring');
  assert.deepEqual(rounded, [0.5, 0.04, 0.96, 0.5, 0.04, 0.5]);
});

test('in a star all are around the node, at the same distance, no two at the same place', () => {
  const neighbours = Array.from({ length: 7 }, (_, number) => ({ id: '', address: `10.0.0.${number}:1`, role: 'leaf' }));
  const { spots } = placesOf('star', contactsOf('here', [{ id: '', neighbours }], []));
  const places = Array.from({ length: 8 }, (_, number) => [spots[2 * number] ?? 0, spots[2 * number + 1] ?? 0] as const);
  assert.deepEqual(places[0], [0.5, 0.5]);
  assert.ok(places.slice(1).every(([x, y]) => Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.42) < 1e-6));
  assert.equal(new Set(places.map(String)).size, 8);
});
