/** A way to a user of Napster, by the server or without it: the overlay finds it, downloads go it, and what becomes of it is told to the overlay. Owns no state. */

import type { HeldFile, NapsterClient } from '../../overlays/napster/index.ts';
import type { NapsterAsk, WayAttempt, WayListener } from './holder-way.ts';

/** Answers in a later event. */
export function reachByNapster({ ways, options }: NapsterClient, file: HeldFile, listener: WayListener): WayAttempt {
  const ask: NapsterAsk = { speech: 'napster', nick: options.nick, fileName: file.fileName, news: ways.newsOf(file) };
  return ways.reach(file, {
    onHolderAt: (endpoint) => listener.onAddress(endpoint, ask),
    onHolderCame: (stream) => listener.onStream(stream, ask),
    onHolderBusy: () => listener.onUnreachable('all places are taken', true),
    onNoMeeting: (why) => listener.onUnreachable(why),
  });
}
