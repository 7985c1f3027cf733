/** The help topics: pages that belong to no single command; owns no state. */

import { SETTINGS, type SettingKey, variableOf } from '../node/setting-list.ts';
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
  { name: 'flags', summary: 'what the letters of --peers mean', text: flags },
  { name: 'network', summary: 'who can reach you, ports, and other machines', text: network },
];

function exitCodes(): string {
  return EXIT_CODES.map(({ code, name, meaning }) => `${String(code).padStart(4)}  ${name.padEnd(12)}  ${meaning}`).join('\n');
}

function settings(): string {
  const rows = (Object.keys(SETTINGS) as SettingKey[]).map((key) => {
    const { about, type } = SETTINGS[key];
    return `  ${key.padEnd(18)} ${variableOf(key)}\n      ${about}\n      Takes ${type.expected}.`;
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

Short commands (create, inspect, verify, config, paths) print one document.
Long ones (share, get, up, tracker) print a line of JSON per event:

  {"v":1,"event":"progress","state":"downloading","haveBytes":…,"wantedBytes":…}
  {"v":1,"event":"link","link":"magnet:?…"}
  {"v":1,"event":"done","path":"…"}
  {"v":1,"event":"error","code":5,"kind":"unreachable","message":"…","why":"…","next":"…"}

Ignore events and fields that you do not know: more will come. "v" grows when one changes its meaning.`;
}

function flags(): string {
  const letters = Object.entries(PEER_FLAGS).map(([letter, meaning]) => `  ${letter}  ${meaning}`);
  const reasons = Object.entries(CHOKE_REASONS).map(([code, meaning]) => `  ${code.padEnd(16)}  ${meaning}`);
  return `get and share show their peers with --peers, a letter for all that is so:

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

Peers come to the port listen.port (6881), and announce to the tracker on tracker.port (6969), over TCP and UDP.
When a port is taken, the next free one is used, and the command says so. Let both through your firewall.

Peers tell each other of more peers (PEX), unless the torrent is private. Where other machines are let in, get, share and up also say in
the local network what they have, so that two there find each other without a tracker: --no-lsd keeps them silent. With --lsd they do it
although only this machine is let in, and then nothing leaves it.`;
}
