/** Says who can reach what this command offers; owns no state. */

import { isLoopback } from '../node/link-host.ts';
import type { Call } from './cli.ts';

export function sayWhoCanCome({ console, settings }: Call, again: string): void {
  if (!isLoopback(settings.get('listen.host'))) return;
  console.say(console.dim(`Only this machine can reach it. To let others in: ${again} --public`));
}
