/** The catalogue is complete: every number has one name and a form. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloseReason } from '../core/host.ts';
import {
  BitTorrentEvent,
  BroadcastEvent,
  CanEvent,
  ChordEvent,
  CLOSE_REASONS,
  HostEvent,
  Gnutella2Event,
  GnutellaEvent,
  KademliaEvent,
  KelipsEvent,
  NapsterEvent,
  PastryEvent,
  RpcEvent,
  RumourEvent,
  IntroducerEvent,
  SwimEvent,
  TapestryEvent,
  TrackerEvent,
} from '../core/events.ts';
import { eventName, formatEvent, knownEvents } from './events.ts';

test('every event of the catalogue has a name of its own', () => {
  const numbers = [
    HostEvent,
    RpcEvent,
    BitTorrentEvent,
    TrackerEvent,
    ChordEvent,
    PastryEvent,
    TapestryEvent,
    KelipsEvent,
    CanEvent,
    RumourEvent,
    IntroducerEvent,
    SwimEvent,
    BroadcastEvent,
    Gnutella2Event,
    GnutellaEvent,
    KademliaEvent,
    NapsterEvent,
  ].flatMap((family) => Object.values<number>(family));
  assert.deepEqual(
    knownEvents(),
    numbers.sort((left, right) => left - right),
  );
  assert.equal(new Set(numbers.map(eventName)).size, numbers.length);
});

test('every close reason of the contract has a place in the trace format', () => {
  const all: Record<CloseReason, true> = {
    ended: true,
    local: true,
    reset: true,
    refused: true,
    timeout: true,
    unreachable: true,
    malformed: true,
  };
  assert.deepEqual([...CLOSE_REASONS].sort(), Object.keys(all).sort());
});

test('an argument outside its words is shown as the number that came', () => {
  assert.equal(formatEvent(HostEvent.store, 77, 0, 0), 'host.store state=77');
});
