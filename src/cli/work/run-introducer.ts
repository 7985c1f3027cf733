/** The work of `kith introducer`: runs an introducer until it is stopped, and keeps its members from run to run; owns it meanwhile. */

import { join } from 'node:path';
import { closestWord } from '../../core/closest-word.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { SocketHost } from '../../net/socket-host.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { MemberFile } from '../../node/member-file.ts';
import { sayPort } from '../../node/open-session.ts';
import { plural } from '../../node/quantity.ts';
import { Introducer, INTRODUCER_DEFAULTS, type IntroducedNet } from '../../overlays/introducer/index.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, heedStops, interrupted } from '../follow.ts';

/** Each status as a JSON event no more often than this. */
const STATS_MS = 10_000;
/** What is known is written so often: a crash costs no more. */
const KEEP_MS = 60_000;

export interface IntroducerFlags {
  /** Other introducers. */
  readonly also: readonly string[];
  /** None: all that there are. */
  readonly nets: readonly string[];
}

export async function runIntroducer(call: Call, flags: IntroducerFlags): Promise<void> {
  const { console, settings } = call;
  refuseBehindProxy(settings, 'An introducer');
  const nets = netsOf(flags.nets);
  const listenHost = settings.get('listen.host');
  const wanted = settings.get('introducer.port');
  const file = new MemberFile(join(settings.folders.state, 'introducer.json'), (text) => console.warn(text));
  const host = new SocketHost({ address: listenHost, streamPort: wanted, datagramPort: null });
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `Port ${wanted} on ${listenHost} cannot be opened.`);
  });
  try {
    const introducer = host.run((asHost) => new Introducer(asHost, { nets, others: flags.also }));
    file.recall(introducer);
    const port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    sayPort(call, 'introducer.port', wanted, port);
    const url = `http://${hostAndPort(linkHost(listenHost, settings.get('announce.host')), port)}/`;
    heedStops(call);
    console.event('ready', { url });
    console.result(url);
    if (isLoopback(listenHost)) console.say(console.dim('Only this machine can reach it. To let others in: kith introducer --public'));
    let [toldAt, keptAt] = [performance.now(), performance.now()];
    await follow(call, FOREVER, () => {
      const inspection = introducer.inspect();
      const members = Object.values(inspection.members).reduce((sum, count) => sum + count, 0);
      console.progress.show(
        `${plural(members, 'member')}, ${plural(inspection.questions, 'question')}, ${inspection.refused} refused`,
        null,
      );
      const now = performance.now();
      if (now - keptAt >= KEEP_MS) {
        keptAt = now;
        file.keep(introducer);
      }
      if (now - toldAt < STATS_MS) return;
      toldAt = now;
      console.event('status', { ...inspection });
    }).finally(() => file.keep(introducer));
    throw interrupted('The introducer has stopped.', '');
  } finally {
    await host.close();
  }
}

function netsOf(names: readonly string[]): readonly IntroducedNet[] {
  const { nets } = INTRODUCER_DEFAULTS;
  for (const name of names) {
    if (nets.some((net) => net.name === name)) continue;
    const known = nets.map((net) => net.name);
    const meant = closestWord(name, known);
    const why = meant === null ? '' : `Did you mean ${meant}?`;
    throw new Failure('usage', `There is no network called ${name}.`, why, `They are: ${known.join(', ')}`);
  }
  return names.length === 0 ? nets : nets.filter(({ name }) => names.includes(name));
}
