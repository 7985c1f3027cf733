/** The help topics: pages that belong to no single command; owns no state. */

import { SETTINGS, type SettingKey, variableOf } from '../node/settings/setting-list.ts';
import { OVERLAYS } from '../node/overlays.ts';
import { SEARCH_NETWORKS } from '../node/search/networks.ts';
import { CHOKE_REASONS } from '../transfer/bittorrent/choke-reasons.ts';
import { PEER_FLAGS } from '../transfer/bittorrent/peer-flags.ts';
import { EXIT_CODES } from './exit-codes.ts';

export interface Topic {
  readonly name: string;
  readonly summary: string;
  text(): string;
}

export const TOPICS: readonly Topic[] = [
  { name: 'exit-codes', summary: 'what the exit codes mean', text: exitCodes },
  { name: 'settings', summary: 'every setting, its variable, and who wins', text: settings },
  { name: 'json', summary: 'the output of --json', text: json },
  { name: 'experiments', summary: 'how to write an experiment of your own', text: experiments },
  { name: 'flags', summary: 'what the letters of --peers mean', text: flags },
  { name: 'network', summary: 'who can reach you, ports, and other machines', text: network },
  { name: 'networks', summary: 'kith search: which networks there are, joining them, being found', text: networks },
  { name: 'overlays', summary: 'kith dht: which there are, what they keep, what not', text: overlays },
];

function exitCodes(): string {
  return EXIT_CODES.map(({ code, name, meaning }) => `${String(code).padStart(4)}  ${name.padEnd(12)}  ${meaning}`).join('\n');
}

function settings(): string {
  const rows = (Object.keys(SETTINGS) as SettingKey[]).map((key) => {
    const { about, type } = SETTINGS[key];
    return `  ${key.padEnd(22)} ${variableOf(key)}\n      ${about}\n      Takes ${type.expected}.`;
  });
  return `The strongest that says something wins:
  1. a flag of the command          kith get --limit-down 2MB …
  2. a variable                     KITH_LIMIT_DOWN=2MB
  3. ./kith.toml                    [limit]  down = "2MB"
  4. your file                      kith paths settings
  5. the default

  kith config why KEY says which one it was.

${rows.join('\n')}`;
}

function json(): string {
  return `With --json, stdout carries JSON alone. Every document and every line has "v": 1.

Short commands (create, inspect, verify, feed, config, paths, ls, info, pause, resume, rm, limit, change, status, down, doctor, all of
dht but join, lab ls, step and report) print one document. Long ones (share, get, search, stream, up, top, tracker, index, introducer, dht join, lab run and the
other work of lab) a line of JSON per event:

  {"v":1,"event":"progress","state":"downloading","haveBytes":…,"wantedBytes":…}
  {"v":1,"event":"link","link":"magnet:?…"}
  {"v":1,"event":"port-mapping","state":"mapped","protocol":"PCP","externalAddress":"203.0.113.5","ports":[…]}
  {"v":1,"event":"row","number":3,"name":"…","bytes":…,"holders":…,"link":"magnet:?xt=urn:sha1:…"}
  {"v":1,"event":"done","path":"…"}
  {"v":1,"event":"error","code":5,"kind":"unreachable","message":"…","why":"…","next":"…"}

A transfer of the node has the same fields in all of them: sizes in bytes, rates in bytes a second, times in ms since 1970.

Ignore events and fields that you do not know: more will come. "v" grows when one changes its meaning.`;
}

function experiments(): string {
  return `An experiment is a file that asks one question. Save this as ring.experiment.ts, anywhere:

  import { experiment } from 'kith/lab';

  export default experiment({
    title: 'Path length',
    question: 'How many nodes does a lookup pass as the ring grows?',
    source: { paper: 'Chord, SIGCOMM 2001', where: 'section 4.4' },
    base: {
      system: 'chord',
      nodes: 16,
      workload: { kind: 'lookups', count: 1000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
    },
    vary: { label: 'nodes', scale: 'log', values: [16, 64, 256], set: (spec, nodes) => ({ ...spec, nodes }) },
    seeds: 5,
    y: { label: 'path length' },
    curves: [{ name: 'mean', of: 'hops', statistic: 'mean' }],
    claims: [
      {
        text: 'Four times as many nodes cost one hop more.',
        holds: ({ at, xs }) => xs.slice(1).every((x) => Math.abs(at('mean', x) - at('mean', x / 4) - 1) < 0.1),
      },
    ],
  });

  $ kith lab run ring.experiment.ts

What a paper published goes beside it, and decides the exit code:

    expect: [{ curve: 'mean', points: [[64, 2.96], [512, 4.38]], tolerance: { relative: 0.03 } }],

'kith/lab' is the kith that runs the file: nothing has to be installed. Every field of a run that base may set, and its
default: src/lab/run-spec.ts. In a folder called experiments, kith lab ls finds it and kith lab run ring runs it.

A file may also export a function scenario(spec, seed) of its own, which then carries its runs out instead of kith's:
for a protocol that kith does not have. It returns what it measured (see Meter), and decides nothing by clock or chance.

A run is the same for the same spec and seed, on every machine. Its results lie in a folder of their own, whose name
says which; the same command goes on there. Runs that other sources of kith did are done again, unless --keep.`;
}

function flags(): string {
  const letters = Object.entries(PEER_FLAGS).map(([letter, meaning]) => `  ${letter}  ${meaning}`);
  const reasons = Object.entries(CHOKE_REASONS).map(([code, meaning]) => `  ${code.padEnd(16)}  ${meaning}`);
  return `get, share and stream show their peers with --peers, info those of the node, a letter for all that is so:

${letters.join('\n')}

Why a peer is sent data, or is not ("why" in --json):

${reasons.join('\n')}

"sources" in --json says who has named it: tracker, dht, pex (another peer), local (itself, in the local network), incoming
(it came by itself), holepunch (a peer that introduced us), magnet (the link), manual (--peer).`;
}

function network(): string {
  return `By default kith listens on 127.0.0.1: nobody but this machine can reach it. It may still dial out.

To share with other machines:
  $ kith share --public FILE                        on all addresses of this machine
  $ kith share --listen 192.168.1.5 FILE            on one of them
  $ kith share --public --host files.example.org …  when others reach you under another address

Peers come to the port listen.port (6881), and announce to the tracker on tracker.port (6969), over TCP and UDP;
browsers come to http.port (8080), if you share with --http.
Peers use TCP or µTP, which runs over UDP and gives way to other traffic: --transport tcp, utp or both (setting transport).
With --public, or when --dht-node names a node, they also find one another in the DHT, over UDP on the same port: --dht on, off or auto.
When a port is taken, the next free one is used, and the command says so. Let both through your firewall.
A router in front of you is asked to pass them on, by PCP, NAT-PMP or UPnP, while the command runs: --no-port-mapping asks nothing,
--port-mapping also says why it was refused (setting port-mapping: auto, on, off).
A node of an overlay needs one UDP port, dht.port (4000): kith help overlays.

Peers tell each other of more peers (PEX), unless the torrent is private. Where other machines are let in, get, share, stream and up also say
in the local network what they have, so that two there find each other without a tracker: --no-lsd keeps them silent. With --lsd they do it
although only this machine is let in, and then nothing leaves it. Pages in browsers take part over WebRTC: --webrtc on, off or auto.

With --proxy URL (setting proxy) everything goes through a SOCKS5 or HTTP proxy and nothing around it; then nobody can come to you.`;
}

function networks(): string {
  const list = SEARCH_NETWORKS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n');
  return `Search networks find files by words and by hashes, on machines of people who share them:

${list}

  $ kith search WORDS --introducer URL              the first time; members are remembered
  $ kith search WORDS --in gnutella,gnutella2       on these only
  $ kith get 3                                      row 3 of the last search

To take part, and be found:

  $ kith config set networks.use all                or names, separated by commas
  $ kith config set library.folders ~/Music         what they may find and get; nothing else
  $ kith up

Where nobody is known an introducer (setting networks.introducers) or a member (such as gnutella.hosts) is asked. To run an introducer:
kith introducer. With a proxy nobody can come to you: others are asked to be sent what you look for, and cannot get what you share.`;
}

function overlays(): string {
  const list = OVERLAYS.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join('\n');
  return `An overlay spreads small values over all nodes that take part, and finds each by its key without a server:

${list}

  $ kith dht join                     the first node; prints its address
  $ kith dht join ADDRESS             every other one
  $ kith dht put KEY VALUE            then anywhere: kith dht get KEY

A key is any text (its SHA-1 is what counts), a value has up to 1,024 bytes. Each is held by three nodes (--replicas),
in memory: it outlives the crash of any two, and orderly leaving (Ctrl-C, kith dht leave) hands it over. When the last
node goes, all is gone. While nodes come and go a command may fail with code 5, 6 or 7: run it again.

That is Chord. BitTorrent's own DHT has no keys of your choice: an item lies under its hash or your public key, and is forgotten after
two hours unless it is put again. It also knows the peers of torrents:

  $ kith dht join --overlay mainline --public
  $ kith dht get-peers HASH
  $ kith dht put TEXT --overlay mainline [--key-file FILE]

Anybody who reaches a node of a ring may put, change and remove any key, and whoever holds a value can read it.

Short commands use the node that runs on this machine, over a socket that only you can open (kith paths runtime).
Several nodes have names: --name. Without a node, --via ADDRESS asks a member.

A ring is either for one machine or for all: join its first node with --public, or with --listen and the address that
others reach it by, and every other one as well. Nodes reach one another directly, over UDP: behind a router, let the
port through and say --host with the router's address.`;
}
