/** What the argument of `get`, `inspect` and `verify` names: a magnet link, a `.torrent` file or URL, or a bare hash; owns no state. */

import { readFile, stat } from 'node:fs/promises';
import { MalformedMessage } from '../core/codec.ts';
import { SHA1_BYTES } from '../core/sha1.ts';
import type { Proxy } from '../net/proxy.ts';
import type { Metainfo } from '../transfer/bittorrent/metainfo.ts';
import { parseMetainfo } from '../transfer/bittorrent/parse-metainfo.ts';
import { METADATA_BYTES_MAX } from '../transfer/bittorrent/metadata-messages.ts';
import { type Magnet, parseInfoHash, parseInfoHashV2, parseMagnet } from '../wire/magnet.ts';
import { download } from './download.ts';
import { Failure, failureFrom } from './failure.ts';
import { formatBytes } from './quantity.ts';

export interface Source {
  /** 20 bytes: of BitTorrent v1, or the first of v2 where that is all there is. */
  readonly infoHash: Uint8Array;
  /** 32 bytes of BitTorrent v2 (BEP 52), where the source names them. */
  readonly infoHashV2: Uint8Array | null;
  readonly metainfo: Metainfo | null;
  readonly name: string | null;
  readonly trackers: readonly (readonly string[])[];
  /** `host:port` texts; names are not looked up yet. */
  readonly peers: readonly string[];
  /** Of the link; those of a .torrent file are in its metainfo. */
  readonly webSeeds: readonly string[];
  readonly selectOnly: readonly number[] | null;
  readonly magnet: Magnet | null;
}

/** Reads it as far as that goes without peers. Throws a Failure: usage for a bad link, not-found, integrity for a damaged file. */
export async function readSource(text: string, signal: AbortSignal | null, proxy: Proxy | null): Promise<Source> {
  if (/^magnet:/i.test(text)) return magnetSource(text);
  if (/^https?:\/\//i.test(text)) return metainfoSource(await download(text, METADATA_BYTES_MAX, signal, proxy), text);
  const infoHashV2 = parseInfoHashV2(text);
  const infoHash = infoHashV2?.slice(0, SHA1_BYTES) ?? parseInfoHash(text);
  if (infoHash !== null && !(await exists(text))) {
    return { infoHash, infoHashV2, metainfo: null, name: null, trackers: [], peers: [], webSeeds: [], selectOnly: null, magnet: null };
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw new Failure(
      'usage',
      `${text} is no link that kith knows.`,
      '',
      'Give a magnet link, a .torrent file, its http(s) URL, ed2k://|file|NAME|BYTES|HASH|/, or a hash of 40 or 64 digits.',
    );
  }
  return metainfoSource(await readMetainfoFile(text), text);
}

function magnetSource(text: string): Source {
  try {
    const magnet = parseMagnet(text);
    const { infoHashV2, name, peers, selectOnly } = magnet;
    // Whatever web server has the very file is a web seed of a torrent that is that file.
    const webSeeds = [...magnet.webSeeds, ...magnet.sources];
    const infoHash = magnet.infoHash ?? infoHashV2?.slice(0, SHA1_BYTES) ?? null;
    if (infoHash === null) {
      throw new Failure(
        'usage',
        'This magnet link is for another network.',
        `It names ${magnet.exact.join(', ')}.`,
        'Use one with urn:btih or urn:btmh.',
      );
    }
    return {
      infoHash,
      infoHashV2,
      metainfo: null,
      name,
      trackers: magnet.trackers.map((url) => [url]),
      peers,
      webSeeds,
      selectOnly,
      magnet,
    };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new Failure(
      'usage',
      'The magnet link cannot be read.',
      sentence(error.message),
      'Copy it whole, and put it in quotes: it contains & and ?.',
    );
  }
}

/** Of metainfo that somebody has in memory. */
export function sourceOf(metainfo: Metainfo): Source {
  const { infoHash, name, trackers } = metainfo;
  const infoHashV2 = metainfo.v2?.infoHash ?? null;
  return { infoHash, infoHashV2, metainfo, name, trackers, peers: [], webSeeds: [], selectOnly: null, magnet: null };
}

function metainfoSource(bytes: Uint8Array, from: string): Source {
  try {
    return sourceOf(parseMetainfo(bytes));
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new Failure(
      'integrity',
      `${from} is no .torrent file, or a damaged one.`,
      sentence(error.message),
      'Get it again from where it came from.',
    );
  }
}

async function readMetainfoFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= METADATA_BYTES_MAX) return plain(await readFile(path));
    throw new Failure(
      'integrity',
      `${path} is no .torrent file.`,
      `It has ${formatBytes(size)}; none is that large.`,
      'To publish it, run: kith share',
    );
  } catch (error) {
    throw failureFrom(error, `${path} cannot be read.`);
  }
}

/** The same bytes: slices that a parser makes of a Buffer would be views of it. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
}
