/** Says who can reach what this command offers; owns no state. */

import { chosenProxy } from '../node/chosen-proxy.ts';
import { isLoopback } from '../node/link-host.ts';
import type { Call } from './cli.ts';

export function sayWhoCanCome({ console, settings }: Call, again: string): void {
  if (!isLoopback(settings.get('listen.host')) || chosenProxy(settings) !== null) return;
  console.say(console.dim(`Only this machine can reach it. To let others in: ${again} --public`));
}
