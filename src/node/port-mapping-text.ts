/** Whether the router is asked to let the world in, and the line and the event that say what came out. Owns no state. */

import { isIPv6 } from 'node:net';
import { chosenProxy } from './chosen-proxy.ts';
import type { Session } from './session.ts';
import type { Caller } from './control/caller.ts';
import { hostAndPort, isLoopback } from './link-host.ts';

/** Why the router is asked nothing, or empty. */
export function whyNoPortMapping({ settings }: Caller): string {
  const wish = settings.get('port-mapping');
  const host = settings.get('listen.host');
  if (wish === 'off') return 'It is switched off (setting port-mapping).';
  if (chosenProxy(settings) !== null) return 'Everything goes through a proxy.';
  if (isLoopback(host)) return 'Only this machine is let in.';
  if (isIPv6(host) && host !== '::') return 'It listens on one IPv6 address, which no router translates.';
  return '';
}

/** Says each outcome once. A failure is said to who asked for a mapping; to others it is an event, and `session.mappedPorts.status`. */
export function followPortMapping({ console, settings }: Caller, session: Session): void {
  const asked = settings.get('port-mapping') === 'on';
  if (asked && session.mappedPorts.status.state === 'off') console.say(`No port is mapped. ${session.mappedPorts.status.why}`);
  let said = '';
  const sayOnce = (line: string): void => {
    if (line !== said) console.say(line);
    said = line;
  };
  session.mappedPorts.onChange((status) => {
    const { state, protocol, externalAddress, ports, router, why } = status;
    const { nat, note } = session.seenAddress();
    console.event('port-mapping', { state, protocol, router, externalAddress, nat, ports, why, note });
    if (state === 'failed' && asked) sayOnce(`No port is mapped. ${why}`);
    const peers = ports.find(({ role }) => role === 'peers');
    if (state !== 'mapped' || peers === undefined || peers.externalPort === null) return;
    const place = externalAddress === null ? `its port ${peers.externalPort}` : hostAndPort(externalAddress, peers.externalPort);
    sayOnce(`Router maps ${place} to this machine by ${protocol}${note === '' ? '.' : `. ${note}`}`);
  });
}
