/** What a node needs of its machine, looked at: each check says what it found, and what to do where something is wrong. Owns no state. */

import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { isLoopback } from './link-host.ts';
import type { NodeView, TransferView } from './node-view.ts';
import { formatBytes } from './quantity.ts';
import type { Settings } from './settings/settings.ts';
import { SETTINGS, type SettingKey } from './settings/setting-list.ts';
import { failureFrom } from './failure.ts';

export interface Finding {
  readonly check: string;
  /** note: worth knowing. */
  readonly state: 'ok' | 'note' | 'warning' | 'wrong';
  readonly message: string;
  /** What to do; empty where there is nothing. */
  readonly next: string;
}

export interface Patient {
  readonly settings: Settings;
  /** Null: no node runs. */
  readonly status: NodeView | null;
  readonly transfers: readonly TransferView[];
  readonly nowMs: number;
}

const DISK_WARNING_BYTES = 1e9;
const DISK_WRONG_BYTES = 50e6;
/** Files, threads, sockets of its own, besides a descriptor a peer. */
const DESCRIPTORS_SPARE = 256;
const CONNECT_MS_MAX = 2_000;
/** Clocks that were set differ by less. */
const CLOCK_SKEW_MS_MAX = 86_400_000;
const PROBLEMS_SHOWN_MAX = 5;

export async function examine(patient: Patient): Promise<Finding[]> {
  return [
    nodeCheck(patient),
    ...settingsChecks(patient),
    await portCheck(patient),
    reachCheck(patient),
    ...folderChecks(patient),
    descriptorCheck(patient),
    clockCheck(patient),
    ...problemChecks(patient),
  ];
}

function nodeCheck({ settings, status }: Patient): Finding {
  if (status !== null) return found('node', 'ok', `The node runs as process ${status.pid}.`);
  const locked = existsSync(join(settings.folders.state, 'up.lock'));
  // A lock of a process that lives is one of a node that does not answer.
  const pid = locked ? Number(readFileSync(join(settings.folders.state, 'up.lock'), 'utf8').split(' ')[0]) : 0;
  if (pid > 0 && existsSync(`/proc/${pid}`)) {
    return found('node', 'wrong', `Process ${pid} holds the node's lock and does not answer.`, `Wait for it, or end it: kill ${pid}`);
  }
  const left = locked ? ' A lock of one that was killed is left; the next start replaces it.' : '';
  return found('node', 'note', `The node does not run.${left}`, 'Start it: kith up');
}

function settingsChecks({ settings }: Patient): Finding[] {
  const wrong = (Object.keys(SETTINGS) as SettingKey[]).flatMap((key) => {
    try {
      settings.get(key);
      return [];
    } catch (error) {
      const { message, why, next } = failureFrom(error, key);
      return [found('settings', 'wrong', `${message} ${why}`, next)];
    }
  });
  const unknown = settings.warnings.map((warning) => found('settings', 'warning', warning, 'Correct it: kith help settings'));
  const all = [...wrong, ...unknown];
  return all.length === 0 ? [found('settings', 'ok', 'Every setting is understood.')] : all;
}

async function portCheck({ settings, status }: Patient): Promise<Finding> {
  // Whoever reaches others through a proxy alone listens to nobody.
  if (settings.get('proxy') !== '') return found('port', 'note', 'Everything goes through a proxy: nobody can come to a port of ours.');
  if (status !== null) {
    const host = status.listenHost === '0.0.0.0' || status.listenHost === '::' ? '127.0.0.1' : status.listenHost;
    if (await accepts(host, status.port)) return found('port', 'ok', `Peers can come to port ${status.port} of ${status.listenHost}.`);
    return found(
      'port',
      'wrong',
      `Nobody answers at ${host} port ${status.port}.`,
      'Look for a firewall on this machine; start the node again.',
    );
  }
  const [host, port] = [settings.get('listen.host'), settings.get('listen.port')];
  const code = await whyTaken(host, port);
  if (code === null) return found('port', 'ok', `Port ${port} of ${host} is free.`);
  if (code === 'EADDRINUSE') {
    const next = `Name another: kith config set listen.port PORT`;
    return found('port', 'warning', `Port ${port} of ${host} is taken; the next free one will be used.`, next);
  }
  const next = code === 'EACCES' ? 'Ports below 1024 are for root: name another.' : 'Name an address of this machine: listen.host';
  return found('port', 'wrong', `Port ${port} of ${host} cannot be opened (${code}).`, next);
}

function reachCheck({ settings, status }: Patient): Finding {
  const host = status?.listenHost ?? settings.get('listen.host');
  if (isLoopback(host)) return found('reach', 'note', `Only this machine is let in (${host}).`, 'To let others in: kith up --public');
  const port = status?.port ?? settings.get('listen.port');
  const mapping = status?.portMapping ?? null;
  const outside = mapping?.ports.find(({ role, externalPort }) => role === 'peers' && externalPort !== null)?.externalPort ?? null;
  if (mapping?.state === 'mapped' && outside !== null) {
    return found(
      'reach',
      'ok',
      `The router maps port ${outside} of ${mapping.externalAddress ?? 'its own'} to this machine by ${mapping.protocol}.`,
    );
  }
  const letThrough = `Behind a router, let TCP and UDP port ${port} through to this machine.`;
  if (mapping?.state === 'failed') return found('reach', 'warning', `No port is mapped. ${mapping.why}`, letThrough);
  return found('reach', 'note', `Others are let in on ${host}.`, letThrough);
}

function folderChecks({ settings }: Patient): Finding[] {
  const folders: readonly (readonly [string, string])[] = [
    ['state folder', settings.folders.state],
    ['download folder', settings.get('node.folder')],
    ['share folder', settings.get('share.folder')],
    ['cache folder', settings.folders.cache],
  ];
  return folders.map(([check, folder]) => folderCheck(check, folder));
}

/** One that is not there yet is made in the nearest that is. */
function folderCheck(check: string, folder: string): Finding {
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) return found(check, 'wrong', `${there} is a file, not a folder.`, 'Move it away, or name another.');
    accessSync(there, constants.W_OK);
    const { bavail, bsize } = statfsSync(there);
    const free = bavail * bsize;
    const message = `${folder}: ${formatBytes(free)} free.`;
    if (free < DISK_WRONG_BYTES) return found(check, 'wrong', message, 'Free some space: a node cannot write any more.');
    if (free < DISK_WARNING_BYTES) return found(check, 'warning', message, 'Free some space soon.');
    return found(check, 'ok', message);
  } catch (error) {
    const { why, next } = failureFrom(error, folder);
    return found(check, 'wrong', `${folder} cannot be written. ${why}`, next);
  }
}

function descriptorCheck({ settings }: Patient): Finding {
  const wanted = settings.get('peers.max') + DESCRIPTORS_SPARE;
  const max = descriptorsMax();
  if (max === null) return found('open files', 'note', 'This system does not say how many files may be open.');
  if (max >= wanted) return found('open files', 'ok', `${max === Number.POSITIVE_INFINITY ? 'Any number' : max} may be open at once.`);
  const next = `Raise it: ulimit -n ${wanted}; or have fewer peers: kith config set peers.max ${Math.max(1, max - DESCRIPTORS_SPARE)}`;
  return found('open files', 'wrong', `Only ${max} may be open at once; ${wanted} can be needed.`, next);
}

function descriptorsMax(): number | null {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '';
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) || null;
  } catch {
    return null;
  }
}

/** Torrent trackers do not care, but TLS does, and so does every time in the list. */
function clockCheck({ settings, nowMs }: Patient): Finding {
  const { state } = settings.folders;
  const newest = existsSync(state)
    ? Math.max(0, ...readdirSync(state).map((name) => statSync(join(state, name), { throwIfNoEntry: false })?.mtimeMs ?? 0))
    : 0;
  const built = statSync(import.meta.filename).mtimeMs;
  const latest = Math.max(newest, built);
  if (nowMs >= latest - CLOCK_SKEW_MS_MAX)
    return found('clock', 'ok', `It is ${new Date(nowMs).toISOString()}, as far as can be told here.`);
  const message = `The clock says ${new Date(nowMs).toISOString()}, but files here are from ${new Date(latest).toISOString()}.`;
  return found('clock', 'wrong', message, 'Set the clock, or let the system do it (NTP).');
}

function problemChecks({ transfers }: Patient): Finding[] {
  const failed = transfers.filter(({ problem }) => problem !== null);
  const shown = failed.slice(0, PROBLEMS_SHOWN_MAX).map(({ number, problem }) => {
    return found(
      `transfer ${number}`,
      'warning',
      `${problem?.message} ${problem?.why}`.trim(),
      `${problem?.next} Then: kith resume ${number}`.trim(),
    );
  });
  const more = failed.length - shown.length;
  if (more > 0) shown.push(found('transfers', 'warning', `${more} more have failed.`, 'See: kith ls'));
  return transfers.length > 0 && failed.length === 0
    ? [found('transfers', 'ok', `${transfers.length} in the list, none has failed.`)]
    : shown;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    const end = (accepted: boolean): void => {
      socket.destroy();
      done(accepted);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** The code of the system's error, or null when the port could be had. */
function whyTaken(host: string, port: number): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: { code?: string }) => done(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)));
  });
}

function found(check: string, state: Finding['state'], message: string, next = ''): Finding {
  return { check, state, message, next };
}
