/** The work of `kith index`: runs an index server until it is stopped; owns it meanwhile. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpointPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { SocketHost } from '../../net/socket-host.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { Introduction, introducersOf } from '../../node/introduction.ts';
import { NapsterAccounts } from '../../node/napster-accounts.ts';
import { resolvePeer } from '../../node/peer-address.ts';
import { plural } from '../../node/quantity.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../../overlays/napster/index.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, heedStops, interrupted } from '../follow.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { sayPort } from '../../node/open-session.ts';

/** Each status as a JSON event no more often than this. */
const STATS_MS = 10_000;
const SECRET_LENGTH_MIN = 8;

export interface IndexFlags {
  readonly name: string | null;
  /** Lines that users are shown when they come. */
  readonly welcome: readonly string[];
  /** Nicks have no passwords: whoever comes first has them. */
  readonly open: boolean;
  /** Where the word is that linked servers know; null: in the settings. */
  readonly secretFile: string | null;
}

export async function runIndex(call: Call, { name, welcome, open, secretFile }: IndexFlags): Promise<void> {
  const { console, settings } = call;
  refuseBehindProxy(settings, 'An index server');
  const linkSecret = secretOf(call, secretFile);
  const links = await linksOf(call, linkSecret);
  const listenHost = settings.get('listen.host');
  const wanted = settings.get('index.port');
  const accounts = open ? null : new NapsterAccounts(join(settings.folders.data, 'napster-accounts'), (text) => console.warn(text));
  const host = new SocketHost({ address: listenHost, streamPort: wanted, datagramPort: null });
  const introduction = new Introduction(introducersOf(settings), 'napster');
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `Port ${wanted} on ${listenHost} cannot be opened.`);
  });
  try {
    const index = host.run(
      (asHost) =>
        new NapsterIndex(asHost, { ...INDEX_DEFAULTS, name: name ?? INDEX_DEFAULTS.name, motd: welcome, accounts, linkSecret, links }),
    );
    const port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    sayPort(call, 'index.port', wanted, port);
    const address = hostAndPort(linkHost(listenHost, settings.get('announce.host')), port);
    // Newcomers whom introducers tell of it need no address.
    introduction.announce(address);
    heedStops(call);
    console.event('ready', { address });
    console.result(address);
    if (isLoopback(listenHost)) console.say(console.dim('Only this machine can reach it. To let others in: kith index --public'));
    console.say(console.dim('Napster sends passwords and searches as they are: choose none here that you use elsewhere.'));
    let toldAt = performance.now();
    await follow(call, FOREVER, () => {
      const { users, files, searches } = index;
      const linked = linkSecret === '' ? '' : `, linked to ${plural(index.links.count, 'server')}`;
      console.progress.show(`${plural(users, 'user')}, ${plural(files.count, 'file')}, ${searches} searches${linked}`, null);
      if (performance.now() - toldAt < STATS_MS) return;
      toldAt = performance.now();
      console.event('status', index.inspect() as Record<string, unknown>);
    });
    throw interrupted('The index server has stopped.', '');
  } finally {
    await introduction.close();
    await host.close();
    accounts?.flush();
  }
}

/** A word on the command line could be seen by everybody on this machine. '' is none. */
function secretOf({ settings }: Call, file: string | null): string {
  const word = file === null ? settings.get('index.secret') : wordIn(file);
  if ((word === '' && file === null) || word.length >= SECRET_LENGTH_MIN) return word;
  const why = `It has ${word.length} characters; strangers try out short ones.`;
  throw new Failure('usage', 'The word for linked servers is too short.', why, `Take ${SECRET_LENGTH_MIN} characters or more.`);
}

function wordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw failureFrom(error, `The word in ${file} cannot be read.`);
  }
}

async function linksOf({ settings, console }: Call, secret: string): Promise<Endpoint[]> {
  const names = settings
    .get('index.links')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > 0 && secret === '') {
    const why = 'Servers are linked that know the same word.';
    throw new Failure('usage', 'There is no word for linked servers.', why, 'Write one to a file on each, and give it with --secret-file.');
  }
  const found = await Promise.all(
    names.map(async (name) => {
      const endpoint = await resolvePeer(name);
      if (endpoint === null) console.warn(`${name} is not known.`);
      return endpoint;
    }),
  );
  return found.filter((endpoint) => endpoint !== null);
}
