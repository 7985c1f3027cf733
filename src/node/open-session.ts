/** Opens a session as the settings say and tells which ports came out of it. Owns no state. */

import { join } from 'node:path';
import type { Proxy } from '../net/proxy.ts';
import { hasWebRtc } from '../net/web-rtc-port.ts';
import type { Caller } from './control/caller.ts';
import { chosenProxy } from './chosen-proxy.ts';
import { type DhtPlan, planDht } from './dht-plan.ts';
import { Failure } from './failure.ts';
import { LimitSchedule } from './settings/limit-schedule.ts';
import { isLoopback } from './link-host.ts';
import { followPortMapping, whyNoPortMapping } from './port-mapping-text.ts';
import { Session } from './session.ts';
import type { SettingKey } from './settings/setting-list.ts';

export type SessionRole = 'share' | 'get' | 'node';

/**
 * `any` listens on a port that the system picks, unless somebody asked for one. `role` keeps the records apart of those who share, those
 * who fetch and the long-running node: all may hold the same torrent on one machine. `trackers` are those known now; `any`: some may come.
 */
export async function openSession(
  call: Caller,
  role: SessionRole,
  port: 'wanted' | 'any',
  trackers: readonly string[] | 'any',
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
    asksUdpTrackersElsewhere: trackers === 'any' || trackers.some(isUdpElsewhere),
    dht: await dhtOf(call),
    stateFolder: join(settings.folders.state, role),
    writes: role === 'get',
    encryption: settings.get('encryption'),
    webRtc: webRtcOf(call),
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
export function wantsLocalDiscovery({ settings }: Caller): boolean {
  const wish = settings.get('lsd');
  if (chosenProxy(settings) !== null) return false;
  return wish === 'auto' ? !isLoopback(settings.get('listen.host')) : wish === 'on';
}

/** A browser elsewhere cannot reach who lets only this machine in. */
function webRtcOf({ settings, console }: Caller): { readonly iceServers: readonly string[] } | null {
  const use = settings.get('webrtc.use');
  if (use === 'off' || (use === 'auto' && isLoopback(settings.get('listen.host')))) return null;
  if (chosenProxy(settings) !== null) {
    if (use === 'on') console.warn('Nothing goes over WebRTC: it would go around the proxy.');
    return null;
  }
  if (!hasWebRtc()) {
    if (use === 'on') console.warn('Nothing goes over WebRTC: node-datachannel is not installed here.');
    return null;
  }
  const iceServers = listOf(settings.get('webrtc.ice'));
  return { iceServers };
}

async function sayWhatProxyMeans(call: Caller, proxy: Proxy, session: Session): Promise<void> {
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
  console.say(`Everything goes through ${proxy.text}. Nobody can dial us: only peers that we dial are reached.`);
  if (settings.get('lsd') === 'on') console.warn('Local discovery is off: it would go around the proxy.');
  if (session.hasDatagrams) return;
  const lost = (await usesDht(call)) ? 'no UDP trackers, no µTP and no DHT' : 'no UDP trackers and no µTP';
  console.say(`The proxy carries no datagrams: ${lost}.`);
}

/** Whether a session has a node of the DHT. */
export async function usesDht(call: Caller): Promise<boolean> {
  return (await dhtOf(call)) !== null;
}

function dhtOf({ settings }: Caller): Promise<DhtPlan | null> {
  const names = listOf(settings.get('dht.nodes'));
  return planDht(settings.get('dht.use'), settings.get('listen.host'), names, chosenProxy(settings) === null);
}

/** What commas separate. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function isUdpElsewhere(url: string): boolean {
  return /^udp:/i.test(url) && !(URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, '')));
}

export function sayPort({ console }: Caller, setting: SettingKey, wanted: number, port: number): void {
  if (wanted === 0 || wanted === port) return;
  console.say(`Port ${wanted} is taken; using ${port} instead (${setting}).`);
  console.event('port', { setting, wanted, port });
}
