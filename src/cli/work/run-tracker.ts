/** The work of `kith tracker`: runs a tracker until it is stopped; owns it meanwhile. */

import { readFile } from 'node:fs/promises';
import { EmbeddedTracker } from '../../node/embedded-tracker.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { plural } from '../../node/quantity.ts';
import { AdmitListed, ADMIT_ALL, type TrackerPolicy } from '../../overlays/tracker/index.ts';
import { parseInfoHash, parseInfoHashV2 } from '../../wire/magnet.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, heedStops, interrupted } from '../follow.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { sayPort } from '../../node/open-session.ts';

/** Each status as a JSON event, or on stderr where it is no terminal, no more often than this. */
const STATS_MS = 10_000;

export async function runTracker(call: Call, whitelistFile: string | null): Promise<void> {
  const { console, settings } = call;
  refuseBehindProxy(settings, 'A tracker');
  const policy = whitelistFile === null ? ADMIT_ALL : await whitelist(whitelistFile);
  const host = settings.get('listen.host');
  const wanted = settings.get('tracker.port');
  const tracker = await EmbeddedTracker.open(host, wanted, { policy });
  try {
    sayPort(call, 'tracker.port', wanted, tracker.port);
    const place = hostAndPort(linkHost(host, settings.get('announce.host')), tracker.port);
    const urls = [`http://${place}/announce`, `udp://${place}/announce`, `ws://${place}/announce`];
    heedStops(call);
    console.event('ready', { trackers: urls });
    for (const url of urls) console.result(url);
    if (isLoopback(host)) console.say(console.dim('Only this machine can reach it. To let others in: kith tracker --public'));
    let toldAt = performance.now();
    await follow(call, FOREVER, () => {
      const { torrents, peers, udp, http, webSocket, refused } = tracker.inspect();
      const announces = udp.announces + http.announces + webSocket.announces;
      console.progress.show(
        `${plural(torrents, 'torrent')}, ${plural(peers, 'peer')}, ${plural(announces, 'announce')}, ${refused} refused`,
        null,
      );
      if (performance.now() - toldAt < STATS_MS) return;
      toldAt = performance.now();
      console.event('status', { ...tracker.inspect() });
    });
    throw interrupted('The tracker has stopped.', '');
  } finally {
    await tracker.close();
  }
}

async function whitelist(file: string): Promise<TrackerPolicy> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw failureFrom(error, `The list ${file} cannot be read.`);
  });
  const policy = new AdmitListed();
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.replace(/#.*/, '').trim();
    if (word === '') continue;
    // Trackers know v2 by the first 20 bytes (BEP 52).
    const infoHash = parseInfoHash(word) ?? parseInfoHashV2(word)?.slice(0, SHA1_BYTES) ?? null;
    if (infoHash === null) {
      throw new Failure(
        'usage',
        `${file}, line ${index + 1} is no info-hash.`,
        'Expected 40 or 64 hexadecimal digits, or 32 of base32.',
        'Correct the line.',
      );
    }
    policy.add(infoHash);
  }
  return policy;
}
