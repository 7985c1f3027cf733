/** `kith dht join | put | get | remove | lookup | leave | status`, and what torrents have: a node of a structured overlay, and what one does with it. */

import type { Command } from 'commander';
import { Failure } from '../../node/failure.ts';
import { NODE_NAME_DEFAULT, OVERLAY_DEFAULT, OVERLAY_OF_TORRENTS, overlayName, overlayOf, OVERLAYS } from '../../node/overlays.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  collect,
  collectIntroducers,
  LISTEN_OPTIONS,
  type ListenFlags,
  listenFlags,
  secondsOption,
  versionNumberOption,
  wholeNumberOption,
} from '../options.ts';
import type { AskOptions, KeyOptions } from '../work/ask-overlay.ts';
import type { ItemOptions } from '../work/mainline-items.ts';
import { restLightly } from '../../node/rest-lightly.ts';
import type { NodeOptions } from '../work/run-overlay-node.ts';
import { defineTorrentCommands, TORRENT_EXAMPLES } from './dht-torrents.ts';

type JoinOptions = CommonOptions & ListenFlags & NodeOptions;

const EXAMPLES = {
  join: [
    ['kith dht join', 'found a network, for this machine'],
    ['kith dht join --public', 'for everybody who can reach this machine'],
    ['kith dht join 192.168.1.5:4000 --public', 'join the one of another machine'],
    ['kith dht join 127.0.0.1:4000 --name second', 'a second node on this machine'],
    ['kith dht join --introducer http://localhost:8650/', 'through whom it knows, or the first of all'],
    ['kith dht join --overlay mainline --public', "BitTorrent's own DHT, by its public routers"],
  ],
  put: [
    ['kith dht put greeting hello', 'a text'],
    ['kith dht put photo - < small.jpg', 'bytes from a file'],
    ['kith dht put greeting hello --via 192.168.1.5:4000', 'without a node of your own'],
    ['kith dht put hello --overlay mainline', 'under its hash, which it prints'],
    ['kith dht put hello --overlay mainline --key-file me.key', 'under a public key, to be changed later'],
  ],
  get: [
    ['kith dht get greeting', 'prints hello'],
    ['kith dht get photo > copy.jpg', 'bytes as they are'],
    ['kith dht get TARGET --overlay mainline', 'what lies under that hash, or public key'],
  ],
  remove: [['kith dht remove greeting', 'gone for everybody (Chord; the Mainline DHT only forgets)']],
  lookup: [
    ['kith dht lookup greeting', 'which node holds it'],
    ['kith dht lookup greeting --trace', 'and who was asked on the way'],
  ],
  leave: [['kith dht leave', 'what Ctrl-C does, from another terminal']],
  status: [
    ['kith dht status', 'the node that runs here'],
    ['kith dht status --name second --json', 'another one, for a program'],
  ],
  ...TORRENT_EXAMPLES,
} as const;

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith dht join', 'found a ring; prints the address that others join by'],
    ['kith dht join 127.0.0.1:4000', 'join it, in another terminal'],
    ['kith dht put greeting hello', 'through the node that runs here'],
    ['kith dht get greeting --via 127.0.0.1:4000', 'without a node of your own'],
    ['kith dht lookup greeting --trace', 'whose key it is, hop by hop'],
    ['kith dht join --overlay mainline --public', "a node of BitTorrent's own DHT"],
    ['kith dht get-peers HASH', 'who has a torrent, by that node'],
  ]);
  command
    .description('Take part in a structured overlay: small values by key, spread over all nodes; or in the DHT of BitTorrent.')
    .usage('join | put | get | remove | lookup | leave | status | get-peers | announce | sample')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false);

  const named = (name: keyof typeof EXAMPLES): Command => {
    const sub = addCommonOptions(command.command(name));
    addExamples(sub, EXAMPLES[name]);
    const overlay = name in TORRENT_EXAMPLES ? OVERLAY_OF_TORRENTS : OVERLAY_DEFAULT;
    return sub
      .option('--overlay <name>', `which overlay: ${OVERLAYS.map((entry) => entry.name).join(', ')}`, overlayName, overlay)
      .option('--name <name>', 'which node of this machine', NODE_NAME_DEFAULT);
  };
  const asking = (name: keyof typeof EXAMPLES): Command =>
    named(name)
      .option('--node, --via <host:port>', 'ask this member, without a node of your own; may be repeated', collect)
      .option('--timeout <time>', 'give up after so long, 0 never', secondsOption(), ASK_SECONDS);
  const aboutKey = (name: keyof typeof EXAMPLES, argument = '<key>', about = 'any text; of an item its target or public key'): Command =>
    asking(name)
      .argument(argument, about)
      .option('--hex', 'the key is 40 hexadecimal digits, not text to be hashed')
      .option('--replicas <count>', 'with --via: nodes that hold a key there', wholeNumberOption(1, NEIGHBOURS_MAX), REPLICAS);

  named('join')
    .description('Run a node until Ctrl-C. Without an address it founds an overlay. Prints the address that others join by.')
    .argument('[host:port...]', 'members to join through')
    .option('--port <port>', 'UDP port (setting dht.port)')
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .option('--host <address>', 'address that others reach this node by')
    .option('--units <count>', 'virtual nodes: places in the ring, each with its share of the keys', wholeNumberOption(1, 256), 1)
    .option('--groups <count>', 'kelips: affinity groups of a network that is founded, about √N', wholeNumberOption(1, GROUPS_MAX), GROUPS)
    .option(
      '--successors <count>',
      'neighbours kept: when not all of them fail at once, the ring holds',
      wholeNumberOption(1, NEIGHBOURS_MAX),
      8,
    )
    .option('--replicas <count>', 'nodes that hold each key; the same for all nodes', wholeNumberOption(1, NEIGHBOURS_MAX), REPLICAS)
    .option('--round <time>', 'time between two looks at the neighbours', secondsOption(ROUND_SECONDS_MIN), ROUND_SECONDS)
    .option('--new', 'found a network, and ask none of the public routers')
    .option(
      '--introducer <url>',
      'who is asked for members where none are named, and told of this node; may be repeated',
      collectIntroducers,
    )
    .option('--timeout <time>', 'give up when nobody lets it in for so long, 0 never', secondsOption(), JOIN_SECONDS)
    .action((through: readonly string[], { port, ...options }: JoinOptions) =>
      cli.run(options, [...listenFlags(options), ['dht.port', '--port', port]], 'The node could not run.', async (call) => {
        restLightly();
        return (await import('../work/run-overlay-node.ts')).runOverlayNode(call, through, options);
      }),
    );

  aboutKey('put', '[key]', 'any text; none for the Mainline DHT')
    .argument('[value]', 'text, or - for what comes on standard input')
    .description(
      'Store a value of at most 1,024 bytes under a key; prints the key as 40 digits. In the Mainline DHT a value of at most 1,000 bytes (BEP 44), under its hash or a public key, which it prints.',
    )
    .option('--file <path>', 'the value is what the file has')
    .option('--bencoded', 'items: the value is bencoded already; otherwise it becomes a string')
    .option('--key-file <path>', 'items: sign it with the key in this file, which is made when it is not there')
    .option('--salt <text>', 'items: one of several under the same key')
    .option('--seq <number>', 'items: its version; one more than the present one otherwise', versionNumberOption)
    .option('--cas <number>', 'items: only in the place of this version', versionNumberOption)
    .action((key: string | undefined, value: string | undefined, options: CommonOptions & KeyOptions & ItemOptions) =>
      cli.run(options, [], 'The value could not be stored.', async (call) =>
        holdsItems(options)
          ? (await import('../work/mainline-items.ts')).putItem(call, key, value, options)
          : (await import('../work/ask-overlay.ts')).putKey(call, key, value, options),
      ),
    );

  aboutKey('get')
    .description('Print the value under a key, as it is. Exit code 3 when there is none.')
    .option('--bencoded', 'items: as it was stored; otherwise a string is shown without its length')
    .option('--salt <text>', 'items: which of several under a public key')
    .action((key: string, options: CommonOptions & KeyOptions & ItemOptions) =>
      cli.run(options, [], 'The value could not be read.', async (call) =>
        holdsItems(options)
          ? (await import('../work/mainline-items.ts')).getItem(call, key, options)
          : (await import('../work/ask-overlay.ts')).getKey(call, key, options),
      ),
    );

  aboutKey('remove')
    .description('Remove what is stored under a key. The Mainline DHT has no removal.')
    .action((key: string, options: CommonOptions & KeyOptions) =>
      cli.run(options, [], 'The value could not be removed.', async (call) =>
        holdsItems(options)
          ? (await import('../work/mainline-items.ts')).removeItem()
          : (await import('../work/ask-overlay.ts')).removeKey(call, key, options),
      ),
    );

  aboutKey('lookup')
    .description(
      'Say which node is responsible for a key, and which others hold it. In the Mainline DHT: which nodes are nearest to a hash.',
    )
    .option('--trace', 'show the way to it, hop by hop')
    .action((key: string, options: CommonOptions & KeyOptions & { readonly trace?: true }) =>
      cli.run(options, [], 'The key could not be looked up.', async (call) =>
        (await import('../work/ask-overlay.ts')).lookUpKey(call, key, options, options.trace === true),
      ),
    );

  named('leave')
    .description('Tell the node that runs here to hand over its keys and stop.')
    .option('--timeout <time>', 'give up waiting after so long', secondsOption(), LEAVE_SECONDS)
    .action((options: CommonOptions & AskOptions) =>
      cli.run(options, [], 'The node could not be told.', async (call) =>
        (await import('../work/overlay-node-status.ts')).leaveOverlay(call, options),
      ),
    );

  named('status')
    .description('Show the node that runs here: its place, neighbours, fingers and keys.')
    .option('--timeout <time>', 'give up after so long, 0 never', secondsOption(), ASK_SECONDS)
    .action((options: CommonOptions & AskOptions) =>
      cli.run(options, [], 'The node could not be asked.', async (call) =>
        (await import('../work/overlay-node-status.ts')).showStatus(call, options),
      ),
    );

  defineTorrentCommands(asking, cli);
}

/** Throws a usage Failure for an overlay that is none, and for options that mean nothing to it: a value that was to be signed must not go unsigned. */
function holdsItems(options: KeyOptions & Partial<ItemOptions>): boolean {
  if (overlayOf(options.overlay).keepsItems === true) return true;
  const given = ITEM_OPTIONS.find(([name]) => options[name] !== undefined);
  if (given === undefined) return false;
  throw new Failure(
    'usage',
    `${given[1]} is of items, which ${options.overlay} does not keep.`,
    '',
    'Leave it out, or add --overlay mainline.',
  );
}

const ITEM_OPTIONS = [
  ['bencoded', '--bencoded'],
  ['keyFile', '--key-file'],
  ['salt', '--salt'],
  ['seq', '--seq'],
  ['cas', '--cas'],
] as const;

const NEIGHBOURS_MAX = 32;
const REPLICAS = 3;
/** Good for some hundred nodes; a handful is one group anyway. */
const GROUPS = 8;
const GROUPS_MAX = 65_535;
/** A failed neighbour is noticed within two rounds; a node says 80 bytes a second to keep its place. */
const ROUND_SECONDS = 5;
const ROUND_SECONDS_MIN = 0.1;
const ASK_SECONDS = 20;
const JOIN_SECONDS = 30;
const LEAVE_SECONDS = 60;
