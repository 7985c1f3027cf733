/** The work of `kith dht status` and `leave`: what the node that runs here is and has, and its end. Owns no state. */

import type { OverlayStatus, PointStatus } from '../../node/overlay.ts';
import { overlayOf } from '../../node/overlays.ts';
import { plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { type AskOptions, runningNode, withDeadline } from './ask-overlay.ts';

export async function showStatus(call: Call, options: AskOptions): Promise<void> {
  const { console } = call;
  const status = await withDeadline(options.timeout, (signal) => runningNode(call, options, signal).status());
  console.document({ name: options.name, ...status });
  for (const line of statusLines(status)) console.result(line);
}

export async function leaveOverlay(call: Call, options: AskOptions): Promise<void> {
  const { console } = call;
  const { handsOver } = await overlayOf(options.overlay).load();
  const handedOver = await withDeadline(options.timeout, (signal) => runningNode(call, options, signal).leave());
  console.document({ name: options.name, handedOver });
  if (!handsOver) console.say('The node has left. What it held for others, other nodes hold as well.');
  else if (handedOver) console.say('The node has left; others have what it held.');
  else console.warn('The node has left, but not all of its keys were taken by others.');
}

function statusLines({ overlay, address, state, keys, facts, points, datagrams }: OverlayStatus): string[] {
  const { received, sent, malformed } = datagrams;
  return [
    row('overlay', overlay),
    row('address', address),
    row('state', state),
    row('keys', String(keys)),
    ...facts.map(({ label, value }) => row(label, String(value))),
    row('datagrams', `${received} received, ${sent} sent${malformed === 0 ? '' : `, ${malformed} not understood`}`),
    ...points.flatMap((point) => ['', ...pointLines(point)]),
  ];
}

function pointLines({ id, state, keys, zones = [], neighbours }: PointStatus): string[] {
  const lines = [row('point', `${id}  ${state}, ${plural(keys, 'key')}`), ...zones.map((zone, at) => row(at === 0 ? 'zone' : '', zone))];
  let last = '';
  for (const { role, id: other, address } of neighbours) {
    lines.push(row(role === last ? '' : role, `${other}  ${address}`));
    last = role;
  }
  return lines;
}

function row(label: string, value: string): string {
  return `${label.padEnd(12)} ${value}`;
}
