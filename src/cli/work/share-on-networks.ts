/** What `kith share --on` adds: search networks in which the shared files are found and got, as long as it runs. Owns the networks. */

import { plural } from '../../node/quantity.ts';
import { SharedPaths } from '../../node/library/shared-paths.ts';
import type { SearchNetworkEntry } from '../../node/search/networks.ts';
import { RunningNetworks } from '../../node/search/running-networks.ts';
import type { ByteBudget } from '../../core/budget-turns.ts';
import type { Call } from '../cli.ts';
import { follow, interrupted } from '../follow.ts';

export interface FoundByNetworks {
  /** What they call the file, where it is only one. */
  readonly urns: readonly string[];
  close(): Promise<void>;
}

export async function shareOnNetworks(
  call: Call,
  paths: readonly string[],
  entries: readonly SearchNetworkEntry[],
  uploadBudget: ByteBudget,
): Promise<FoundByNetworks> {
  const { console, interruption } = call;
  let read = 0;
  let shared: SharedPaths | null = null;
  const reading = SharedPaths.read(paths, (files) => (read = files), interruption.signal).then((value) => {
    shared = value;
  });
  const show = (): void => console.progress.show(`${plural(read, 'file')} hashed for ${entries.map(({ name }) => name).join(', ')}`, null);
  if (!(await follow(call, reading, show))) throw interrupted('Stopped before anything was shared.', '');
  // It has settled without an error.
  const { index, urns } = shared as unknown as SharedPaths;
  const networks = await RunningNetworks.open(call, entries, { shared: index, passing: false, uploadBudget });
  for (const { network, address } of networks.statuses()) {
    console.say(`On ${network}: ${plural(index.count, 'file')}${address === null ? '' : `, at ${address}`}.`);
    console.event('network', { network, address, files: index.count });
  }
  return {
    urns,
    close: async () => {
      await networks.close();
      index.close();
    },
  };
}
