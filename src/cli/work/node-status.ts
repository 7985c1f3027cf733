/** The work of `kith status` and `kith down`: the node as a whole, and its end. Owns no state. */

import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../node/failure.ts';
import type { NetworkSummary, NodeView } from '../../node/node-view.ts';
import { formatBytes, formatRate, formatSeconds, plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { programWord } from '../follow.ts';
import { totalsLine } from '../transfer-table.ts';
import { findNode } from './running-node.ts';

/** A node ends in three seconds; a machine that is very busy gets more. */
const STOP_MS_MAX = 15_000;
const LOOK_MS = 50;

/** Exit code 3 when it does not run, so that scripts can ask. */
export async function showStatus(call: Call): Promise<void> {
  const { console } = call;
  const node = await findNode(call);
  if (node === null) {
    console.document({ running: false });
    console.result('not running');
    console.say(`Start it: ${programWord()} up`);
    process.exitCode = exitCodeOf('not-found');
    return;
  }
  const status = await node.status();
  console.document({ running: true, ...status });
  for (const line of statusLines(status)) console.result(line);
}

function statusLines(status: NodeView): string[] {
  const { totals, states, trackers, uploadRateMax, downloadRateMax, shareFolder } = status;
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const limits = [uploadRateMax, downloadRateMax].map((max) => (max === 0 ? 'no limit' : formatRate(max)));
  const rows: (readonly [string, string])[] = [
    ['running', `for ${formatSeconds((Date.now() - status.startedAtMs) / 1000)}, process ${status.pid}`],
    ['listens', `${status.listenHost} port ${status.port}`],
    ...(status.api === null ? [] : [['API', `${status.api.url}, token in ${status.api.tokenFile}`] as const]),
    ...(status.portMapping.state === 'off' ? [] : [['router', routerText(status.portMapping)] as const]),
    [
      'finds peers',
      ['by trackers', ...(status.dht ? ['in the DHT'] : []), ...(status.localDiscovery ? ['in the local network'] : [])].join(', '),
    ],
    ...status.networks.map((network) => ['network', networkText(network)] as const),
    ['transfers', counts.length === 0 ? 'none' : counts.join(', ')],
    ['now', totalsLine(totals)],
    ['so far', `${formatBytes(totals.downloadedBytes)} came, ${formatBytes(totals.uploadedBytes)} went`],
    [
      'limits',
      status.resting
        ? 'the schedule lets nothing move now'
        : `up ${limits[0]}, down ${limits[1]}${status.scheduled ? ', by the schedule' : ''}`,
    ],
    ...(shareFolder === null ? [] : [['shares', shareFolder] as const]),
    ...trackers.map((url) => ['tracker', url] as const),
  ];
  return rows.map(([label, value]) => `${label.padEnd(11)} ${value}`);
}

function networkText({ network, state, role, address, neighbours }: NetworkSummary): string {
  const place = address === null ? 'nobody can come' : `at ${address}`;
  return `${network}: ${state === 'joining' ? 'looks for members' : `${role}, ${plural(neighbours, 'neighbour')}`}, ${place}`;
}

function routerText({ state, externalAddress, ports, why }: NodeView['portMapping']): string {
  const outside = ports.find(({ role }) => role === 'peers')?.externalPort ?? null;
  if (state === 'mapped' && outside !== null) return `lets the world in by port ${outside} of ${externalAddress ?? 'its own address'}`;
  return `${state}${why === '' ? '' : `: ${why}`}`;
}

/** Resolves when the node has gone. */
export async function stopNode(call: Call): Promise<void> {
  const { console } = call;
  const node = await findNode(call);
  if (node === null) {
    console.document({ stopped: false });
    console.say('The node is not running.');
    return;
  }
  const { pid } = await node.status();
  await node.stop();
  for (const from = performance.now(); isAlive(pid); await delay(LOOK_MS)) {
    if (performance.now() - from < STOP_MS_MAX) continue;
    throw new Failure(
      'timed-out',
      'The node does not end.',
      `It is process ${pid}.`,
      `End it: kill ${pid}; nothing that was checked is lost.`,
    );
  }
  console.document({ stopped: true, pid });
  console.say('The node has stopped.');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
