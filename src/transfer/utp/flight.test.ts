/** What a sender concludes from acknowledgements (BEP 29, "packet loss" and "timeouts"). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { Flight, FLIGHT_PACKETS_MAX } from './flight.ts';
import { PacketType } from './packet.ts';
import { Reordering } from './reordering.ts';
import { sequencePlus, stepsFrom } from './sequence.ts';

const PAYLOAD = new Uint8Array(100);

/** A flight whose packets 0 to count - 1 were sent at 0 ms, numbered from `first` on. */
function flightOf(first: number, count: number): Flight {
  const flight = new Flight(first);
  for (let sent = 0; sent < count; sent++) flight.transmitted(flight.add(PacketType.data, PAYLOAD, 0), 0);
  return flight;
}

/** Sequence numbers that are to be sent again, which they then are. */
function resent(flight: Flight, now: number): number[] {
  const numbers: number[] = [];
  for (let packet = flight.firstLost; packet !== null; packet = flight.firstLost) {
    numbers.push(packet.sequence);
    flight.transmitted(packet, now);
  }
  return numbers;
}

function maskOf(ack: number, ...got: number[]): Uint8Array {
  const mask = new Uint8Array(8);
  for (const number of got) {
    const bit = stepsFrom(ack, number) - 2;
    mask[bit >> 3] = (mask[bit >> 3] as number) | (1 << (bit & 7));
  }
  return mask;
}

test('a packet is lost when three that were sent after it have arrived, and not before', () => {
  const flight = flightOf(65_530, 10);
  const at = (index: number): number => sequencePlus(65_530, index);
  flight.acknowledge(at(1), maskOf(at(1), at(3), at(4)), true, 10);
  assert.deepEqual([flight.newLoss, flight.firstLost], [false, null]);
  flight.acknowledge(at(1), maskOf(at(1), at(3), at(4), at(5)), true, 11);
  assert.deepEqual([flight.newLoss, resent(flight, 12)], [true, [at(2)]]);
  flight.acknowledge(at(5), null, true, 20);
  assert.equal(flight.bytes, 4 * PAYLOAD.length);
});

test('losses of one round trip are one event, those after it another', () => {
  const flight = flightOf(0, 10);
  flight.acknowledge(0, maskOf(0, 4, 5, 6), true, 10);
  assert.deepEqual([flight.newLoss, resent(flight, 11)], [true, [1, 2, 3]]);
  flight.acknowledge(0, maskOf(0, 4, 5, 6, 9), true, 12);
  assert.deepEqual([flight.newLoss, resent(flight, 13)], [false, []]);
  for (let sent = 0; sent < 10; sent++) flight.transmitted(flight.add(PacketType.data, PAYLOAD, 0), 20);
  flight.acknowledge(9, null, true, 30);
  flight.acknowledge(10, maskOf(10, 12, 13, 14), true, 40);
  assert.deepEqual([flight.newLoss, resent(flight, 41)], [true, [11]]);
});

test('a packet that was sent again and lost again is found lost again', () => {
  const flight = flightOf(0, 8);
  flight.acknowledge(0, maskOf(0, 2, 3, 4), true, 10);
  assert.deepEqual(resent(flight, 11), [1]);
  flight.acknowledge(0, maskOf(0, 2, 3, 4, 5, 6, 7), true, 12);
  assert.deepEqual(resent(flight, 12), [], 'those were sent before it went again');
  for (let sent = 0; sent < 3; sent++) flight.transmitted(flight.add(PacketType.data, PAYLOAD, 0), 20);
  flight.acknowledge(0, maskOf(0, 2, 3, 4, 5, 6, 7, 8, 9, 10), true, 30);
  assert.deepEqual(resent(flight, 31), [1]);
});

test('three bare acknowledgements of the same number, without selective ones, mean that the next is lost', () => {
  const flight = flightOf(0, 6);
  flight.acknowledge(0, null, true, 10);
  for (const expected of [[], [], [1], []]) {
    flight.acknowledge(0, null, true, 11);
    assert.deepEqual(resent(flight, 12), expected);
  }
  for (let again = 0; again < 5; again++) flight.acknowledge(0, null, false, 13);
  assert.deepEqual(resent(flight, 13), [], 'data says nothing about losses');
});

test('a round trip is measured with packets that were sent once', () => {
  const flight = flightOf(0, 2);
  flight.giveUpAll(500);
  resent(flight, 500);
  flight.acknowledge(1, null, true, 520);
  assert.equal(flight.roundTripMs, -1);
  flight.transmitted(flight.add(PacketType.data, PAYLOAD, 0), 600);
  flight.acknowledge(2, null, true, 633);
  assert.equal(flight.roundTripMs, 33);
});

test('a lost packet that tried a size is no loss, and goes again without trying', () => {
  const flight = new Flight(0);
  for (const tries of [1400, 0, 0, 0]) flight.transmitted(flight.add(PacketType.data, PAYLOAD, tries), 0);
  flight.acknowledge(-1 & 0xffff, maskOf(-1 & 0xffff, 1, 2, 3), true, 10);
  assert.deepEqual([flight.newLoss, flight.failedBytes, flight.firstLost?.triesBytes], [false, 1400, 0]);
});

test('acknowledgements of what was never sent, or long ago, are not plausible', () => {
  const flight = flightOf(10, 5);
  assert.deepEqual(
    [9, 10, 14, 15, 16, 30_000, 10 - 1024, 10 - 1025].map((ack) => flight.isPlausible(ack & 0xffff)),
    [true, true, true, false, false, false, true, false],
  );
});

test('over many random losses and reorderings sender and receiver agree on what has arrived', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed, 9);
    const first = random.below(0x10000);
    const flight = new Flight(first);
    const receiver = new Reordering(sequencePlus(first, -1));
    const wire: number[] = [];
    let now = 0;
    while (flight.span < 300 || !flight.empty) {
      now++;
      const packet = flight.firstLost;
      if (packet !== null) {
        flight.transmitted(packet, now);
        if (random.chance(0.9)) wire.push(packet.sequence);
      } else if (stepsFrom(first, flight.next) < 300 && flight.span < FLIGHT_PACKETS_MAX) {
        flight.transmitted(flight.add(PacketType.data, PAYLOAD, 0), now);
        if (random.chance(0.8)) wire.push(sequencePlus(flight.next, -1));
      } else if (wire.length === 0) flight.giveUpAll(now);
      if (wire.length > 0 && random.chance(0.7)) {
        const [came] = wire.splice(random.below(Math.min(4, wire.length)), 1);
        if (receiver.place(came as number, PAYLOAD, false, 1 << 20) === 'next') while (receiver.takeNext() !== null);
        if (random.chance(0.8)) flight.acknowledge(receiver.ack, receiver.selective(), true, now);
      }
      assert.ok(flight.bytes >= 0 && flight.bytes <= flight.span * PAYLOAD.length, `seed ${seed}: ${flight.bytes} bytes under way`);
      if (stepsFrom(first, flight.next) >= 300 && flight.empty) break;
    }
    assert.deepEqual([flight.bytes, receiver.ack, receiver.earlyBytes], [0, sequencePlus(first, 299), 0], `seed ${seed}`);
  }
});
