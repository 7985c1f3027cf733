/** The event log counts everything, keeps the last rows, and says them in words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitTorrentEvent, CLOSE_REASONS, HostEvent } from '../core/events.ts';
import { EventLog } from './event-log.ts';

test('a log counts every event and keeps the last ones, oldest first', () => {
  const log = new EventLog(2);
  log.record(10, BitTorrentEvent.request, 3, 17, 0);
  log.record(20, BitTorrentEvent.pieceVerified, 17, 0, 0);
  log.record(30.25, BitTorrentEvent.pieceVerified, 18, 0, 0);
  assert.equal(log.total, 3);
  assert.equal(log.count(BitTorrentEvent.pieceVerified), 2);
  assert.deepEqual(log.lines(), ['20.0 bittorrent.pieceVerified piece=17', '30.3 bittorrent.pieceVerified piece=18']);
});

test('a summary names what came and leaves out what did not', () => {
  const log = new EventLog();
  log.record(0, HostEvent.datagramMalformed, 1, 99, 0);
  log.record(0, 5000, 1, 2, 3);
  assert.deepEqual(log.summary(), { 'host.datagramMalformed': 1 });
  assert.equal(log.lines()[1], '0.0 event 5000 a=1 b=2 c=3');
});

test('a close reason is shown as its word', () => {
  const log = new EventLog();
  log.record(1, HostEvent.streamClosed, 7, CLOSE_REASONS.indexOf('malformed'), 1);
  assert.deepEqual(log.lines(), ['1.0 host.streamClosed peer=7 reason=malformed opened=there']);
});

test('a log of no rows is refused', () => {
  assert.throws(() => new EventLog(0), /at least one event, not 0/);
});
