/** `kith dht get-peers | announce | sample`: what BitTorrent's own DHT has beyond other overlays. */

import type { Command } from 'commander';
import type { Cli, CommonOptions, SettingFlags } from '../cli.ts';
import type { AnnounceOptions, PeersOptions, SampleOptions } from '../work/mainline-torrents.ts';

export const TORRENT_EXAMPLES = {
  'get-peers': [
    ['kith dht get-peers HASH', 'through the Mainline node that runs here'],
    ['kith dht get-peers film.torrent --via router.example:6881', 'without a node of your own'],
  ],
  announce: [
    ['kith dht announce HASH --port 6881', 'say that this machine has it, or wants it, at that port'],
    ['kith dht announce MAGNET --seed', 'and has all of it'],
  ],
  sample: [
    ['kith dht sample', 'info-hashes of the nodes on the way to a random point'],
    ['kith dht sample 192.168.1.5:6881', 'of one node'],
  ],
} as const;

/** `asking` makes a subcommand that goes through a node or a client. */
export function defineTorrentCommands(asking: (name: keyof typeof TORRENT_EXAMPLES) => Command, cli: Cli): void {
  const torrent = (name: 'get-peers' | 'announce'): Command =>
    asking(name).argument('<torrent>', 'an info-hash, a magnet link or a .torrent file');

  torrent('get-peers')
    .description('Print the peers of a torrent, one a line (BEP 5), and say how many there are (BEP 33). Exit code 3 when none is known.')
    .option('--no-scrape', 'do not count: answers then have room for more peers')
    .action((text: string, options: CommonOptions & PeersOptions) =>
      cli.run(options, [], 'The peers could not be looked for.', async (call) =>
        (await import('../work/mainline-torrents.ts')).getPeers(call, text, options),
      ),
    );

  torrent('announce')
    .description('Say once that a peer of the torrent is at this machine. Prints the info-hash.')
    .option('--port <port>', 'where it listens (setting listen.port)')
    .option('--seed', 'it has the whole torrent (BEP 33)')
    .action((text: string, options: CommonOptions & AnnounceOptions & { readonly port?: string }) => {
      const flags: SettingFlags = [['listen.port', '--port', options.port]];
      return cli.run(options, flags, 'The peer could not be announced.', async (call) =>
        (await import('../work/mainline-torrents.ts')).announce(call, text, options),
      );
    });

  asking('sample')
    .description('Print info-hashes that nodes keep peers of (BEP 51): of one node, or of those on the way to a point.')
    .argument('[host:port]', 'a node')
    .option('--target <hex>', 'the point, 40 digits; a random one otherwise')
    .action((node: string | undefined, options: CommonOptions & SampleOptions) =>
      cli.run(options, [], 'The nodes could not be sampled.', async (call) =>
        (await import('../work/mainline-torrents.ts')).sample(call, node, options),
      ),
    );
}
