/** Opens a session as the settings say and tells what came out of it: the ports, and who can come in. Owns no state. */

import { join } from 'node:path';
import type { Proxy } from '../net/proxy.ts';
import { chosenProxy } from '../node/chosen-proxy.ts';
import { type DhtPlan, planDht } from '../node/dht-plan.ts';
import { LimitSchedule } from '../node/limit-schedule.ts';
import { Failure } from '../node/failure.ts';
import { Session } from '../node/session.ts';
import type { SettingKey } from '../node/setting-list.ts';
import type { Call } from './cli.ts';
import { isLoopback } from './link-host.ts';
import { followPortMapping, whyNoPortMapping } from './port-mapping-text.ts';

/**
 * `any` listens on a port that the system picks, unless somebody asked for one. `role` keeps the records apart of those who share and
 * those who fetch: both may hold the same torrent on one machine.
 */
export async function openSession(
  call: Call,
  role: 'share' | 'get',
  port: 'wanted' | 'any',
  trackers: readonly string[],
): Promise<Session> {
  const { settings } = call;
  const proxy = chosenProxy(settings);
  const wanted = port === 'wanted' || settings.isGiven('listen.port') ? settings.get('listen.port') : 0;
  const reserve = settings.get('disk.reserve');
  const schedule = settings.get('limit.schedule');
  const session = await Session.open({
    listenHost: settings.get('listen.host'),
    proxy,
    listenPort: wanted,
    transport: settings.get('transport'),
    asksUdpTrackersElsewhere: trackers.some(isUdpElsewhere),
    dht: await dhtOf(call),
    stateFolder: join(settings.folders.state, role),
    writes: role === 'get',
    encryption: settings.get('encryption'),
    localDiscovery: wantsLocalDiscovery(call),
    whyNoPortMapping: whyNoPortMapping(call),
    uploadRateMax: settings.get('limit.up'),
    downloadRateMax: settings.get('limit.down'),
    uploadSlots: settings.get('upload.slots'),
    connectionsMax: settings.get('peers.max'),
    connectionsPerTorrentMax: settings.get('peers.per-torrent'),
    diskReserveBytes: reserve === 'off' ? null : reserve,
    schedule: schedule === '' ? null : new LimitSchedule(schedule),
    ipFilterPath: settings.get('peers.filter'),
    warn: (sentence) => call.console.warn(sentence),
  });
  if (proxy !== null) await sayWhatProxyMeans(call, proxy, session);
  else sayPort(call, 'listen.port', wanted, session.port);
  followPortMapping(call, session);
  if (proxy === null && settings.get('lsd') === 'on' && !session.discoversLocally)
    call.console.warn('This network has no multicast: nobody is found in it by lsd.');
  return session;
}

/** Who lets only this machine in, and asks for nothing else, says nothing to its network either. */
export function wantsLocalDiscovery({ settings }: Call): boolean {
  const wish = settings.get('lsd');
  if (chosenProxy(settings) !== null) return false;
  return wish === 'auto' ? !isLoopback(settings.get('listen.host')) : wish === 'on';
}

async function sayWhatProxyMeans(call: Call, proxy: Proxy, session: Session): Promise<void> {
  const { console, settings } = call;
  if (!session.hasDatagrams && settings.get('transport') === 'utp') {
    await session.close();
    throw new Failure(
      'usage',
      `${proxy.text} carries no datagrams.`,
      'µTP consists of them.',
      'Leave out --transport utp, or take a SOCKS5 proxy that has UDP.',
    );
  }
  console.say(console.dim(`Everything goes through ${proxy.text}. Nobody can dial us: only peers that we dial are reached.`));
  if (settings.get('lsd') === 'on') console.warn('Local discovery is off: it would go around the proxy.');
  if (session.hasDatagrams) return;
  const lost = (await usesDht(call)) ? 'no UDP trackers, no µTP and no DHT' : 'no UDP trackers and no µTP';
  console.say(console.dim(`The proxy carries no datagrams: ${lost}.`));
}

/** Whether a session has a node of the DHT. */
export async function usesDht(call: Call): Promise<boolean> {
  return (await dhtOf(call)) !== null;
}

function dhtOf({ settings }: Call): Promise<DhtPlan | null> {
  const names = settings
    .get('dht.nodes')
    .split(',')
    .map((name) => name.trim());
  return planDht(
    settings.get('dht.use'),
    settings.get('listen.host'),
    names.filter((name) => name !== ''),
    chosenProxy(settings) === null,
  );
}

function isUdpElsewhere(url: string): boolean {
  return /^udp:/i.test(url) && !(URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, '')));
}

export function sayPort({ console }: Call, setting: SettingKey, wanted: number, port: number): void {
  if (wanted === 0 || wanted === port) return;
  console.say(`Port ${wanted} is taken; using ${port} instead (${setting}).`);
  console.event('port', { setting, wanted, port });
}

export function sayWhoCanCome({ console, settings }: Call, again: string): void {
  if (!isLoopback(settings.get('listen.host')) || chosenProxy(settings) !== null) return;
  console.say(console.dim(`Only this machine can reach it. To let others in: ${again} --public`));
}
