/** The `kith` program with two networks of the tests in place of all real ones: what commands do with networks, whichever they are. */

import { SEARCH_NETWORKS, type SearchNetworkEntry } from '../../src/node/search/networks.ts';
import { webNetwork } from './web-network.ts';

// The list is read-only to the program, not to who stands before it.
const networks = SEARCH_NETWORKS as SearchNetworkEntry[];
networks.splice(
  0,
  networks.length,
  ...(['gnutella', 'gnutella2'] as const).map(
    (name): SearchNetworkEntry => ({
      name,
      aliases: name === 'gnutella2' ? ['g2'] : [],
      about: 'of the tests',
      portSetting: `${name}.port`,
      hostsSetting: `${name}.hosts`,
      introducedAs: name,
      load: async () => webNetwork(name),
    }),
  ),
);
await import('../../src/cli/main.ts');
