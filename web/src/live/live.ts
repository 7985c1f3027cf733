/** The one node that the pages are of. */

import { notices } from '../shell/notices.svelte.ts';
import { LiveNode } from './live-node.svelte.ts';

export const live = new LiveNode((message) => {
  if (message.type === 'completed' && message.transfer.origin === 'get') notices.done(`${message.transfer.name} is complete.`);
  if (message.type === 'warning') notices.done(message.message);
});
