/** The work of `kith up --detach`: the same node as a process of its own, which outlives the terminal. Owns the process until it answers. */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../node/failure.ts';
import { makeFolder } from '../../node/make-folder.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { logPath } from '../../node/log-file.ts';
import { findNode } from './running-node.ts';

/** A node with a thousand transfers is up in two seconds. */
const START_MS_MAX = 30_000;
const LOOK_MS = 50;
const SAID_CHARS_MAX = 4_000;

export async function detachNode(call: Call): Promise<void> {
  const { console, settings } = call;
  const { state } = settings.folders;
  if ((await findNode(call)) !== null) {
    throw new Failure(
      'failed',
      'The node is running already.',
      '',
      `Its pages: ${programWord()} pages   Its state: ${programWord()} status   To stop it: ${programWord()} down`,
    );
  }
  makeFolder(state, `The state folder ${state} cannot be used.`);
  // What it says while it starts, and an error that ends it; what happens later is in its log.
  const saidPath = join(state, 'node.out');
  const said = openSync(saidPath, 'w', 0o600);
  const words = process.argv.slice(1).filter((word) => word !== '--detach');
  const child = spawn(process.execPath, [...process.execArgv, ...words], { detached: true, stdio: ['ignore', said, said] });
  closeSync(said);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  // One that hangs up is about to end: what it said tells why.
  const answers = (): Promise<boolean> =>
    findNode(call).then(
      (node) => node !== null,
      () => false,
    );
  for (const from = performance.now(); !(await answers()); await delay(LOOK_MS)) {
    if (ended || performance.now() - from > START_MS_MAX) throw notStarted(saidPath, ended);
  }
  child.unref();
  console.document({ pid: child.pid, log: logPath(state) });
  console.say(`The node runs as process ${child.pid}. Its pages: ${programWord()} pages   To stop it: ${programWord()} down`);
}

function notStarted(saidPath: string, ended: boolean): Failure {
  const why = readFileSync(saidPath, 'utf8').slice(0, SAID_CHARS_MAX).trim();
  const next = `See what it says in the foreground: ${programWord()} up`;
  return new Failure(ended ? 'failed' : 'timed-out', 'The node did not start.', why, next);
}
