/** The work of `kith inspect`: reads a torrent or a link and shows it; owns nothing. */

import { hexOf } from '../../core/hex.ts';
import { chosenProxy } from '../../node/chosen-proxy.ts';
import { formatBytes } from '../../node/quantity.ts';
import { readSource, type Source } from '../../node/source.ts';
import { contentBytesOf, infoHashesOf } from '../../transfer/bittorrent/metainfo.ts';
import { formatMagnet, type Magnet } from '../../wire/magnet.ts';
import type { Call } from '../cli.ts';
import { factLines, fileLines, hashRows, metainfoFields } from '../content-table.ts';

export async function inspect({ console, settings }: Call, link: string, magnetOnly: boolean): Promise<void> {
  const source = await readSource(link, null, chosenProxy(settings));
  const { metainfo } = source;
  const magnet = formatMagnet(
    source.magnet ?? {
      ...(metainfo === null ? hashesOf(source) : infoHashesOf(metainfo)),
      name: source.name,
      totalBytes: metainfo === null ? null : contentBytesOf(metainfo),
      trackers: source.trackers.flat(),
      webSeeds: metainfo?.webSeeds ?? [],
    },
  );
  // Of a hundred thousand files it is much to make for nobody.
  if (console.json) console.document({ ...(metainfo === null ? magnetFields(source) : metainfoFields(metainfo)), magnet });
  if (magnetOnly) return console.result(magnet);
  const facts = metainfo === null ? magnetLines(source) : [...factLines(metainfo), '', ...fileLines(metainfo)];
  for (const line of [...facts, '', magnet]) console.result(line);
}

function magnetFields(source: Source): Record<string, unknown> {
  const { magnet } = source;
  return {
    name: source.name,
    infoHash: hexOf(source.infoHash),
    infoHashV2: source.infoHashV2 === null ? null : hexOf(source.infoHashV2),
    totalBytes: magnet?.totalBytes ?? null,
    trackers: source.trackers,
    webSeeds: magnet?.webSeeds ?? [],
    peers: source.peers,
    selectOnly: source.selectOnly,
    exact: magnet?.exact ?? [],
  };
}

function magnetLines(source: Source): string[] {
  const { webSeeds = [], exact = [], totalBytes = null } = source.magnet ?? ({} as Partial<Magnet>);
  const rows: (readonly [string, string])[] = [
    ['name', source.name ?? '(the link does not say)'],
    ...hashRows(hashesOf(source)),
    ...(totalBytes === null ? [] : [['size', formatBytes(totalBytes)] as const]),
    ...source.trackers.map((tier) => ['tracker', tier.join('  ')] as const),
    ...webSeeds.map((url) => ['web seed', url] as const),
    ...source.peers.map((peer) => ['peer', peer] as const),
    ...exact.map((urn) => ['also', urn] as const),
  ];
  if (source.selectOnly !== null) rows.push(['files', source.selectOnly.map((index) => index + 1).join(', ')]);
  return rows.map(([label, value]) => `${label.padEnd(10)} ${value}`);
}

/** A link, or a hash alone: the 20 bytes are of v1 unless they are the beginning of those of v2. */
function hashesOf({ magnet, infoHash, infoHashV2 }: Source): { infoHash: Uint8Array | null; infoHashV2: Uint8Array | null } {
  if (magnet !== null) return magnet;
  return { infoHash: infoHashV2 === null ? infoHash : null, infoHashV2 };
}
