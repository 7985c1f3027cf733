/**
 * Records the picture that opens the README: a real transfer between two terminals (tmux), drawn as docs/images/transfer.svg.
 * Run it with `PATH=$PWD/node_modules/.bin:$PATH node docs/images/record-transfer.ts`; it needs tmux and leaves nothing behind.
 */

import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { terminalPicture } from './terminal-picture.ts';

const COLUMNS = 100;
const ROWS = 24;
const FILE = 'holiday.mkv';
const FILE_BYTES = 700 << 20;
const CHUNK_BYTES = 1 << 20;
const WAIT_MS_MAX = 60_000;
const LOOK_EVERY_MS = 100;
/** A server of our own: the tmux of whoever runs this is left alone. */
const SERVER = `kith-record-${process.pid}`;

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'kith-record-'));
try {
  await record();
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It was never started.
  }
  rmSync(folder, { recursive: true, force: true });
}

async function record(): Promise<void> {
  symlinkSync(join(root, 'kith'), join(folder, 'kith'));
  makeFile(join(folder, FILE));
  open('share');
  open('get');
  type('share', `./kith share ${FILE}`);
  const magnet = await seen('share', /magnet:\?\S+(?:\n\S+)*/);
  type('get', `./kith get -o downloads '${magnet.replaceAll('\n', '')}'`);
  await seen('get', new RegExp(`downloads/${FILE}`));
  const screens = [
    { title: 'one terminal', text: capture('share') },
    { title: 'another', text: capture('get') },
  ];
  const description = `Two terminals: kith share prints a magnet link for ${FILE}, kith get with that link downloads it and prints where it was saved.`;
  writeFileSync(join(import.meta.dirname, 'transfer.svg'), terminalPicture(screens, COLUMNS, description));
  process.stdout.write(`${screens.map((screen) => screen.text).join('\n')}\n`);
}

function open(name: string): void {
  // A shell that says nothing of this machine: no profile, a bare prompt.
  const shell = ['env', `PS1=$ `, `HOME=${folder}`, 'XDG_CONFIG_HOME=', 'bash', '--norc', '--noprofile', '+o', 'history'];
  tmux('-f', '/dev/null', 'new-session', '-d', '-s', name, '-x', String(COLUMNS), '-y', String(ROWS), '-c', folder, ...shell);
}

function type(name: string, command: string): void {
  tmux('send-keys', '-t', name, '-l', command);
  tmux('send-keys', '-t', name, 'Enter');
}

function capture(name: string): string {
  return tmux('capture-pane', '-e', '-p', '-t', name).replaceAll(folder, '~');
}

/** Waits until the screen, without its colours, shows the pattern. */
async function seen(name: string, pattern: RegExp): Promise<string> {
  const giveUpMs = performance.now() + WAIT_MS_MAX;
  while (performance.now() < giveUpMs) {
    const match = pattern.exec(tmux('capture-pane', '-p', '-J', '-t', name));
    if (match !== null) {
      await pause(LOOK_EVERY_MS * 10);
      return match[0];
    }
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`expected ${pattern} on the screen within ${WAIT_MS_MAX} ms, got:\n${tmux('capture-pane', '-p', '-t', name)}`);
}

function tmux(...args: string[]): string {
  return execFileSync('tmux', ['-L', SERVER, ...args], { encoding: 'utf8', env: { ...process.env, TERM: 'xterm-256color' } });
}

function makeFile(path: string): void {
  const file = openSync(path, 'w');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let written = 0; written < FILE_BYTES; written += CHUNK_BYTES) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}
