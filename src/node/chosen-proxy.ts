/** The proxy that the settings choose, and what cannot be done behind one. Owns no state. */

import { hasPassword, parseProxy, type Proxy, type ProxyError } from '../net/proxy.ts';
import { Failure } from './failure.ts';
import type { Settings } from './settings/settings.ts';

/** Null without one. Throws a usage Failure for a password in the arguments, and for one that belongs to nobody. */
export function chosenProxy(settings: Settings): Proxy | null {
  const { value, source } = settings.why('proxy');
  if (value === '') return null;
  if (source === '--proxy' && hasPassword(value)) {
    throw new Failure(
      'usage',
      'A password does not belong on the command line.',
      'Others on this machine can see it there.',
      `Set KITH_PROXY_PASSWORD, or write proxy-password = "…" into ${settings.userFile}.`,
    );
  }
  const password = settings.get('proxy-password');
  const proxy = parseProxy(value, password);
  if (proxy === null) throw new Error('a setting that was checked is a proxy');
  if (proxy.credentials !== null || password === '') return proxy;
  throw new Failure(
    'usage',
    'There is a password for the proxy, and no user.',
    '',
    `Name the user in the setting proxy: ${proxy.kind}://USER@…`,
  );
}

/** For what others connect to: our address would be the first thing that they see. */
export function refuseBehindProxy(settings: Settings, what: string, instead = ''): void {
  const proxy = chosenProxy(settings);
  if (proxy === null) return;
  const next = `${instead}Without the proxy: it is ${settings.why('proxy').source} that names it.`;
  throw new Failure(
    'usage',
    `${what} cannot be behind a proxy.`,
    `It speaks to others itself, who so see the address that ${proxy.text} hides.`,
    next,
  );
}

/** Names the proxy as who is to blame. */
export function proxyFailure(error: ProxyError): Failure {
  const what = `${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`;
  return new Failure('unreachable', what, 'Nothing goes around it.', 'Check that it runs, and its address, user and password.');
}
