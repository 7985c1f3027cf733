/** The commands there are, in the order in which help lists them; each is loaded when it is called. Owns no state. */

import type { Command } from 'commander';
import type { Cli } from './cli.ts';

export interface CommandModule {
  /** Adds arguments, options, examples and the action. */
  define(command: Command, cli: Cli): void;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<CommandModule>;
}

const MOVE = 'Move files:';
const METAINFO = 'Torrent files:';
const SERVE = 'Keep running:';
const HOLD = 'What the running node holds:';
const LEARN = 'Experiments:';
const OVERLAY = 'Overlays:';
const KNOW = 'Set up and find out:';

export const CATALOGUE: readonly CatalogueEntry[] = [
  { name: 'share', group: MOVE, summary: 'publish files or folders; prints one magnet link', load: () => import('./commands/share.ts') },
  { name: 'get', group: MOVE, summary: 'fetch a magnet link, .torrent, hash or URL; resumes', load: () => import('./commands/get.ts') },
  { name: 'search', group: MOVE, summary: 'look for files on all networks at once', load: () => import('./commands/search.ts') },
  { name: 'stream', group: MOVE, summary: 'play a film or a song while it loads', load: () => import('./commands/stream.ts') },
  { name: 'feed', group: MOVE, summary: 'tell what is new in RSS and Atom feeds', load: () => import('./commands/feed.ts') },
  { name: 'create', group: METAINFO, summary: 'make a .torrent file', load: () => import('./commands/create.ts') },
  { name: 'inspect', group: METAINFO, summary: 'show what a .torrent or magnet link says', load: () => import('./commands/inspect.ts') },
  { name: 'verify', group: METAINFO, summary: 'check files against a .torrent, or a transfer', load: () => import('./commands/verify.ts') },
  { name: 'up', group: SERVE, summary: 'run the node: it shares a folder and keeps transfers', load: () => import('./commands/up.ts') },
  { name: 'down', group: SERVE, summary: 'stop the node', load: () => import('./commands/down.ts') },
  { name: 'status', group: SERVE, summary: 'does the node run, and how is it', load: () => import('./commands/status.ts') },
  { name: 'pages', group: SERVE, summary: 'a link to its pages, for a browser', load: () => import('./commands/pages.ts') },
  { name: 'top', group: SERVE, summary: 'its transfers as they are now', load: () => import('./commands/top.ts') },
  { name: 'doctor', group: SERVE, summary: 'is everything as a node needs it', load: () => import('./commands/doctor.ts') },
  { name: 'tracker', group: SERVE, summary: 'run a tracker alone', load: () => import('./commands/tracker.ts') },
  { name: 'index', group: SERVE, summary: 'run a Napster index server', load: () => import('./commands/index-server.ts') },
  { name: 'supernode', group: SERVE, summary: 'run a supernode of FastTrack', load: () => import('./commands/supernode.ts') },
  { name: 'introducer', group: SERVE, summary: 'run an introducer for newcomers', load: () => import('./commands/introducer.ts') },
  { name: 'ls', group: HOLD, summary: 'list the transfers', load: () => import('./commands/ls.ts') },
  { name: 'info', group: HOLD, summary: 'all about one transfer', load: () => import('./commands/info.ts') },
  { name: 'pause', group: HOLD, summary: 'let transfers rest', load: () => import('./commands/pause.ts') },
  { name: 'resume', group: HOLD, summary: 'let transfers go on', load: () => import('./commands/resume.ts') },
  { name: 'rm', group: HOLD, summary: 'take transfers out of the list', load: () => import('./commands/rm.ts') },
  { name: 'limit', group: HOLD, summary: 'how fast, how much, how long', load: () => import('./commands/limit.ts') },
  { name: 'change', group: HOLD, summary: 'labels, queue, place and files', load: () => import('./commands/change.ts') },
  { name: 'lab', group: LEARN, summary: 'run experiments, hold them against papers', load: () => import('./commands/lab.ts') },
  { name: 'dht', group: OVERLAY, summary: "values in a ring of nodes; BitTorrent's own DHT", load: () => import('./commands/dht.ts') },
  { name: 'config', group: KNOW, summary: 'show and change settings, and why they are so', load: () => import('./commands/config.ts') },
  { name: 'paths', group: KNOW, summary: 'show where kith keeps things', load: () => import('./commands/paths.ts') },
  { name: 'completion', group: KNOW, summary: 'complete words in bash, zsh or fish', load: () => import('./commands/completion.ts') },
  { name: 'help', group: KNOW, summary: 'explain a command or a topic', load: () => import('./commands/help.ts') },
];
