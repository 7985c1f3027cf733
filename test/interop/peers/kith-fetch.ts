/** A process that fetches one file and prints the path: `kith-fetch.ts <JSON>`. To be killed at any moment, and started again with the same words. */

import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { bytesOfHex } from '../../../src/core/hex.ts';
import type { Endpoint } from '../../../src/core/host.ts';
import { FileExchange } from '../../../src/node/files/file-exchange.ts';
import { KnownWay, targetOfHashes } from '../../../src/transfer/files/index.ts';
import { NO_HASHES } from '../../../src/wire/shared-file.ts';

export interface FetchOrder {
  readonly stateFolder: string;
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  /** In hex; empty where it is not told. */
  readonly sha1: string;
  readonly tiger: string;
  /** `host:port` of servents. */
  readonly holders: readonly string[];
}

const order = JSON.parse(process.argv[2] as string) as FetchOrder;
const hashes = { ...NO_HASHES, sha1: bytesOfHex(order.sha1), tiger: order.tiger === '' ? null : bytesOfHex(order.tiger) };
const exchange = await FileExchange.open({ stateFolder: order.stateFolder });
const ask = { speech: 'http', target: targetOfHashes(hashes) as string, headers: [] } as const;
const ways = order.holders.map((holder) => new KnownWay(holder, parseEndpoint(holder) as Endpoint, ask));
const fetch = exchange.fetch({ wanted: { bytes: order.bytes, hashes }, name: order.name, folder: order.folder, ways });
fetch.onProgress(({ bytesDone }) => console.log(`has ${bytesDone}`));
const { path, verification } = await fetch.done;
console.log(`done ${verification} ${path}`);
await exchange.close();
