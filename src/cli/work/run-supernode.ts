/** The work of `kith supernode`: runs a supernode of FastTrack until it is stopped; owns it meanwhile. */

import { hexOf } from '../../core/hex.ts';
import { ED25519 } from '../../net/ed25519.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { FastTrackNetwork, supernodeMaker } from '../../node/fasttrack-network.ts';
import { secretKeyIn } from '../../node/key-file.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { sayPort } from '../../node/open-session.ts';
import { plural } from '../../node/quantity.ts';
import { searchNetworksOf } from '../../node/search/networks.ts';
import { RunningNetworks } from '../../node/search/running-networks.ts';
import { SHARES_NOTHING } from '../../node/search/shares-nothing.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, heedStops, interrupted } from '../follow.ts';

/** Each status as a JSON event no more often than this. */
const STATS_MS = 10_000;
const STOPPED = 'The supernode has stopped.';

/** `keyFile`: of the publisher of what was found bad here; null: nothing of that is passed on. */
export async function runSupernode(call: Call, keyFile: string | null): Promise<void> {
  const { console, settings } = call;
  refuseBehindProxy(settings, 'A supernode');
  const listenHost = settings.get('listen.host');
  const wanted = settings.get('fasttrack.port');
  const secretKey = keyFile === null ? null : secretKeyIn(keyFile).bytes;
  if (secretKey !== null) {
    const publisher = hexOf(ED25519.publicKey(secretKey));
    console.event('publisher', { publisher });
    console.say(`What is found bad here is on the list of ${publisher}: others honour it with --bad-list and that key.`);
  }
  const entries = searchNetworksOf('fasttrack').map((entry) => ({ ...entry, load: async () => supernodeMaker(secretKey) }));
  const networks = await RunningNetworks.open(call, entries, { shared: SHARES_NOTHING, passing: false });
  try {
    for (const network of networks.networks) if (network instanceof FastTrackNetwork) await serve(call, network, listenHost, wanted);
  } finally {
    await networks.close();
  }
}

/** Until Ctrl-C. */
async function serve(call: Call, supernode: FastTrackNetwork, listenHost: string, wanted: number): Promise<never> {
  const { console, settings } = call;
  const { port } = supernode;
  sayPort(call, 'fasttrack.port', wanted, port);
  const address = hostAndPort(linkHost(listenHost, settings.get('announce.host')), port);
  heedStops(call);
  console.event('ready', { address });
  console.result(address);
  if (isLoopback(listenHost)) console.say(console.dim('Only this machine can reach it. To let others in: kith supernode --public'));
  console.say(console.dim('It sees all that the nodes under it share and look for.'));
  let toldAt = performance.now();
  await follow(call, FOREVER, () => {
    const { children, files, links } = supernode.load;
    console.progress.show(`${plural(children, 'node')}, ${plural(files, 'file')}, linked to ${plural(links, 'supernode')}`, null);
    if (performance.now() - toldAt < STATS_MS) return;
    toldAt = performance.now();
    console.event('status', { ...supernode.load });
  });
  throw interrupted(STOPPED, '');
}
