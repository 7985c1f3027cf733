/** A FastTrack node as a process of its own: says where it is, then does what the lines of its standard input say, and ends with it. */

import { createInterface } from 'node:readline';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/index.ts';
import { FASTTRACK_DEFAULTS, FastTrackNode, type FastTrackOptions } from '../../src/overlays/fasttrack/index.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import { FAST_ELECTION, Finder, sharedFile } from './worlds.ts';

const [role = 'auto', name = '', ...nodes] = process.argv.slice(2);
const BEAT_MS = 2_000;
const TICK_MS = 1_000;
const CHILDREN_MAX = 12;

const host = new SocketHost({ address: '127.0.0.1' });
await host.open();
const files = new ListedFiles([sharedFile(`${name} common.mp3`)]);
const options: FastTrackOptions = {
  ...FASTTRACK_DEFAULTS,
  // The test names a role that there is.
  role: role as FastTrackOptions['role'],
  nodes: nodes.map((text) => parseEndpoint(text) as Endpoint),
  name,
  beatMs: BEAT_MS,
  tickMs: TICK_MS,
  childrenMax: CHILDREN_MAX,
  fanOut: 20,
  election: FAST_ELECTION,
};
const node = host.run((each) => new FastTrackNode(each, { files }, options));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`at ${formatEndpoint(host.self.stream as Endpoint)}`);

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit());
lines.on('line', (line) => {
  if (line === 'state') say(`state ${JSON.stringify(node.inspect())}`);
  else if (line === 'leave') void host.close().then(() => process.exit());
  else search(line);
});

function search(words: string): void {
  const finder = new Finder();
  const ended = finder.onSearchEnd.bind(finder);
  finder.onSearchEnd = () => {
    ended();
    say(`found ${finder.hits.length}`);
  };
  node.search({ words: words.split(' '), limit: 200 }, finder);
}
