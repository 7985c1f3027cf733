/** The work of `kith up`: shares a folder until it is stopped; owns the node and the lock meanwhile. */

import { join } from 'node:path';
import { makeFolder } from '../../node/make-folder.ts';
import { formatBytes, formatRate, plural } from '../../node/quantity.ts';
import { restLightly } from '../../node/rest-lightly.ts';
import { SingleInstance } from '../../node/single-instance.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, interrupted, programWord } from '../follow.ts';
import { sayWhoCanCome } from '../open-session.ts';
import { makeShareFolder, SharedFolder } from './shared-folder.ts';
import { type Shared, SharingNode } from './sharing-node.ts';
import { statusFields } from '../status-text.ts';

const STATUS_EVENT_MS = 10_000;

export async function runNode(call: Call): Promise<void> {
  const { console, settings, interruption } = call;
  restLightly();
  const state = settings.folders.state;
  makeFolder(state, `The state folder ${state} cannot be used.`);
  const instance = SingleInstance.take(join(state, 'up.lock'), 'kith up');
  try {
    const folder = settings.get('share.folder');
    makeShareFolder(folder);
    const node = await SharingNode.open(call, { trackers: 'own' });
    try {
      console.say(`Sharing ${console.strong(folder)}: put files there, and each gets a link.`);
      console.event('ready', { folder, port: node.session.port, trackers: node.trackers });
      sayWhoCanCome(call, 'kith up');
      const shared = new SharedFolder(call, node, folder, announcement(call));
      node.session.mappedPorts.onSettled(() => shared.tellChanged());
      const watching = shared.watch();
      if (!interruption.happened) await serve(call, node, watching);
      throw interrupted('Stopped.', '');
    } finally {
      await node.close();
    }
  } finally {
    instance.release();
  }
}

/** Says each link on stdout, and the first time the whole command for another terminal. */
function announcement({ console }: Call): (name: string, shared: Shared) => void {
  let first = true;
  return (name, { link, transfer }) => {
    console.event('link', { link, ...statusFields(transfer.status()) });
    console.say(`\n${console.strong(name)} (${formatBytes(transfer.status().wantedBytes)})`);
    console.result(link);
    if (!first) return;
    first = false;
    console.say(`In another terminal:\n  ${programWord()} get '${link}'`);
  };
}

/** Shows what goes on until Ctrl-C; `watching` only ends by an error. */
async function serve(call: Call, node: SharingNode, watching: Promise<void>): Promise<void> {
  const { console } = call;
  let toldAt = performance.now();
  await follow(call, Promise.race([watching, FOREVER]), () => {
    const { torrents, peers, uploadRate, uploadedBytes } = node.session.totals();
    const totals = { shared: torrents, peers, uploadRate: Math.round(uploadRate), uploadedBytes };
    const rate = `${formatRate(totals.uploadRate)}, ${formatBytes(totals.uploadedBytes)} sent`;
    console.progress.show(`${totals.shared} shared, ${plural(totals.peers, 'peer')}, ${rate}. Ctrl-C stops.`, null);
    if (performance.now() - toldAt < STATUS_EVENT_MS) return;
    toldAt = performance.now();
    console.event('status', totals);
  });
}
