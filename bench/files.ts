/**
 * Whole files over HTTP on loopback: how fast our upload server sends to curl and aria2, and how fast we fetch from it, with each part checked by the
 * Tiger tree, with the whole checked by SHA-1, and unchecked. A plain web server of Python and curl's speed from it stand beside.
 *
 *     node bench/files.ts [megabytes, 256] [rounds, 3]
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEndpoint } from '../src/core/endpoint.ts';
import { bytesOfHex, hexOf } from '../src/core/hex.ts';
import type { Endpoint } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { FileExchange } from '../src/node/files/file-exchange.ts';
import { Library } from '../src/node/library/library.ts';
import { KnownWay, targetOfHashes, UploadSlots } from '../src/transfer/files/index.ts';
import { NO_HASHES, type SharedFile } from '../src/wire/shared-file.ts';

const [role = '', ...words] = process.argv.slice(2);
if (role === 'serve') await serve(words[0] as string);
else if (role === 'fetch') await fetchOne(words as [string, string, string, string, string]);
else await compare(Number(process.argv[2] ?? 256), Number(process.argv[3] ?? 3));

/** In a process of its own: prints its port and the hashes of the one file. */
async function serve(folder: string): Promise<void> {
  const library = new Library({ database: ':memory:' });
  await library.share(join(folder, 'shared'));
  const [file] = library.index.after(0, 1) as [SharedFile];
  const exchange = await FileExchange.open({
    stateFolder: join(folder, 'serving'),
    listen: { address: '127.0.0.1', port: 0 },
    shared: library.index,
    uploads: { slots: new UploadSlots({ slotsMax: 64, slotsPerHostMax: 64 }) },
  });
  console.log(`${exchange.port} ${hexOf(file.hashes.sha1 as Uint8Array)} ${hexOf(file.hashes.tiger as Uint8Array)}`);
}

/** In a process of its own: fetches once and prints the seconds that it took, without those that Node takes to start. */
async function fetchOne([folder, port, bytes, sha1, tiger]: [string, string, string, string, string]): Promise<void> {
  const exchange = await FileExchange.open({ stateFolder: join(folder, 'state') });
  const known = { ...NO_HASHES, sha1: sha1 === '' ? null : bytesOfHex(sha1), tiger: tiger === '' ? null : bytesOfHex(tiger) };
  const target = process.env['TARGET'] ?? (targetOfHashes(known) as string);
  const way = new KnownWay('server', parseEndpoint(`127.0.0.1:${port}`) as Endpoint, { speech: 'http', target, headers: [] });
  const from = performance.now();
  const fetch = exchange.fetch({ wanted: { bytes: Number(bytes), hashes: known }, name: 'got', folder: join(folder, 'got'), ways: [way] });
  const { verification } = await fetch.done;
  console.log(`${(performance.now() - from) / 1000} ${verification}`);
  await exchange.close();
}

async function compare(megabytes: number, rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-bench-files-'));
  const bytes = megabytes * 1_000_000;
  const stops: (() => void)[] = [];
  try {
    mkdirSync(join(folder, 'shared'));
    writeFileSync(join(folder, 'shared', 'file.bin'), new Random(1).fill(new Uint8Array(bytes)));
    const [ours, python] = [
      await start(stops, [process.execPath, import.meta.filename, 'serve', folder]),
      await startPython(stops, folder),
    ];
    const [port, sha1, tiger] = ours.split(' ') as [string, string, string];
    const url = `http://127.0.0.1:${port}/get/1/file.bin`;
    const place = join(folder, 'theirs');
    const rows: readonly (readonly [what: string, run: () => number])[] = [
      ['curl from kith', () => timed('curl', ['-sf', '-o', place, url])],
      ['curl from python http.server', () => timed('curl', ['-sf', '-o', place, `http://127.0.0.1:${python}/file.bin`])],
      [
        'aria2c -x4 from kith',
        () => timed('aria2c', ['--no-conf', '-q', '-x4', '-s4', '--allow-overwrite', '-d', folder, '-o', 'aria', url]),
      ],
      ['kith from kith, each part by its tree', () => fetched(folder, port, bytes, sha1, tiger)],
      ['kith from kith, the whole by SHA-1', () => fetched(folder, port, bytes, sha1, '')],
      ['kith from kith, nothing checked', () => fetched(folder, port, bytes, '', '')],
    ];
    console.log(
      `${megabytes} MB on loopback, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} before it began; best of ${rounds}`,
    );
    for (const [what, run] of rows) {
      const seconds = Math.min(...Array.from({ length: rounds }, run));
      console.log(`${what.padEnd(40)} ${seconds.toFixed(2)} s  ${(megabytes / seconds).toFixed(0)} MB/s`);
    }
  } finally {
    for (const stop of stops) stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with its first line. */
function start(stops: (() => void)[], [command, ...args]: readonly string[]): Promise<string> {
  const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  stops.push(() => void child.kill());
  return new Promise((first) => createInterface({ input: child.stdout }).once('line', first));
}

async function startPython(stops: (() => void)[], folder: string): Promise<string> {
  const line = await start(stops, [
    'python3',
    '-u',
    '-m',
    'http.server',
    '0',
    '--bind',
    '127.0.0.1',
    '--directory',
    join(folder, 'shared'),
  ]);
  return /port (\d+)/.exec(line)?.[1] ?? '';
}

function timed(command: string, args: readonly string[]): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return (performance.now() - from) / 1000;
}

function fetched(folder: string, port: string, bytes: number, sha1: string, tiger: string): number {
  for (const each of ['got', 'state']) rmSync(join(folder, each), { recursive: true, force: true });
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [import.meta.filename, 'fetch', folder, port, String(bytes), sha1, tiger],
    {
      encoding: 'utf8',
      env: { ...process.env, ...(sha1 === '' ? { TARGET: '/get/1/file.bin' } : {}) },
    },
  );
  if (status !== 0) throw new Error(`the fetch ended with ${status}: ${stderr}`);
  return Number(stdout.split(' ')[0]);
}
