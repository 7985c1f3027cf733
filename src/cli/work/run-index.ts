/** The work of `kith index`: runs an index server until it is stopped; owns it meanwhile. */

import { join } from 'node:path';
import { endpointPort } from '../../core/endpoint.ts';
import { SocketHost } from '../../net/socket-host.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { failureFrom } from '../../node/failure.ts';
import { Introduction, introducersOf } from '../../node/introduction.ts';
import { NapsterAccounts } from '../../node/napster-accounts.ts';
import { plural } from '../../node/quantity.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../../overlays/napster/index.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, interrupted } from '../follow.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { sayPort } from '../../node/open-session.ts';

/** Each status as a JSON event no more often than this. */
const STATS_MS = 10_000;

export interface IndexFlags {
  readonly name: string | null;
  /** Lines that users are shown when they come. */
  readonly welcome: readonly string[];
  /** Nicks have no passwords: whoever comes first has them. */
  readonly open: boolean;
}

export async function runIndex(call: Call, { name, welcome, open }: IndexFlags): Promise<void> {
  const { console, settings } = call;
  refuseBehindProxy(settings, 'An index server');
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
      (asHost) => new NapsterIndex(asHost, { ...INDEX_DEFAULTS, name: name ?? INDEX_DEFAULTS.name, motd: welcome, accounts }),
    );
    const port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    sayPort(call, 'index.port', wanted, port);
    const address = hostAndPort(linkHost(listenHost, settings.get('announce.host')), port);
    // Newcomers whom introducers tell of it need no address.
    introduction.announce(address);
    console.event('ready', { address });
    console.result(address);
    if (isLoopback(listenHost)) console.say(console.dim('Only this machine can reach it. To let others in: kith index --public'));
    console.say(console.dim('Napster sends passwords and searches as they are: choose none here that you use elsewhere.'));
    let toldAt = performance.now();
    await follow(call, FOREVER, () => {
      const { users, files, searches } = index;
      console.progress.show(`${plural(users, 'user')}, ${plural(files.count, 'file')}, ${searches} searches`, null);
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
