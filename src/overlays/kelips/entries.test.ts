import assert from 'node:assert/strict';
import test from 'node:test';
import { type Contact, contact } from '../../core/contact.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { Entries, HEARTBEAT_FIRST, RTT_UNKNOWN } from './entries.ts';

interface Row {
  readonly contact: Contact;
  heartbeat: number;
  heardAtMs: number;
  rttMs: number;
  told: number;
}

const markOf = ({ w4 }: Contact): number => w4 >>> 0;

function rowsOf(entries: Entries): Row[] {
  return entries.contacts.map((each, row) => ({
    contact: each,
    heartbeat: entries.heartbeat(row),
    heardAtMs: entries.heardAtMs(row),
    rttMs: entries.rttMs(row),
    told: entries.timesTold(row),
  }));
}

/** Does the same to both. */
function change(entries: Entries, rows: Row[], random: Random): void {
  const row = random.below(rows.length + 1);
  const [heartbeat, nowMs] = [random.u32(), random.unit() * 1e9];
  const fresh: Row = { contact: contact.random(random), heartbeat, heardAtMs: nowMs, rttMs: RTT_UNKNOWN, told: 0 };
  const there = rows[row];
  if (there === undefined || random.chance(0.5)) {
    entries.insert(row, fresh.contact, heartbeat, nowMs);
    rows.splice(row, 0, fresh);
  } else if (random.chance(0.4)) {
    entries.remove(row);
    rows.splice(row, 1);
  } else if (random.chance(0.3)) {
    entries.set(row, fresh.contact, heartbeat, nowMs);
    rows[row] = fresh;
  } else {
    entries.tell(row);
    entries.vouch(row, nowMs);
    Object.assign(there, { heardAtMs: nowMs, told: there.told + 1 });
  }
}

test('columns hold what rows of objects would, whether they began empty or full', () => {
  forSeeds(100, (seed) => {
    const random = new Random(seed, 1);
    const contacts = Array.from({ length: random.below(40) }, () => contact.random(random));
    const entries = new Entries(markOf);
    entries.fill({ contacts, rttsMs: contacts.map((_, index) => index) }, HEARTBEAT_FIRST, 5);
    const rows: Row[] = contacts.map((each, index) => ({ contact: each, heartbeat: HEARTBEAT_FIRST, heardAtMs: 5, rttMs: index, told: 0 }));
    for (let count = 0; count < 200; count++) change(entries, rows, random);
    assert.deepEqual(rowsOf(entries), rows);
    assert.deepEqual(
      rows.map((_, row) => entries.mark(row)),
      rows.map((each) => markOf(each.contact)),
    );
  });
});
