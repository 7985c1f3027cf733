/** The exit codes of every command: one table, shown by `kith help exit-codes` and tested one by one in `test/cli`; owns no state. */

import type { FailureKind } from '../node/failure.ts';

export interface ExitCode {
  readonly code: number;
  readonly name: FailureKind | 'done' | 'check-failed' | 'inconclusive';
  readonly meaning: string;
}

export const EXIT_CODES: readonly ExitCode[] = [
  { code: 0, name: 'done', meaning: 'All that was asked for is done.' },
  { code: 1, name: 'failed', meaning: 'Something failed that has no code of its own.' },
  { code: 2, name: 'usage', meaning: 'The command line or a setting is wrong; nothing was done.' },
  {
    code: 3,
    name: 'not-found',
    meaning:
      'A file, a folder, a web address, a key or a transfer does not exist; search: nothing was found; status: the node does not run.',
  },
  { code: 4, name: 'denied', meaning: 'The system does not permit it: rights, or a read-only file system.' },
  { code: 5, name: 'unreachable', meaning: 'No peer, tracker, server, network or node could be reached.' },
  { code: 6, name: 'timed-out', meaning: 'Somebody was reached, but nothing came in time.' },
  { code: 7, name: 'incomplete', meaning: 'Only a part came, or too few nodes answered; the same command run again goes on.' },
  { code: 8, name: 'integrity', meaning: 'Data is damaged: it does not match its hash, or is no metainfo.' },
  { code: 9, name: 'no-space', meaning: 'The disk is full, or what is wanted does not fit; the same command run again goes on.' },
  {
    code: 10,
    name: 'check-failed',
    meaning: 'An experiment disagrees with its paper, a rerun with its figure, or doctor found something wrong.',
  },
  { code: 11, name: 'inconclusive', meaning: 'An experiment could neither confirm nor refute.' },
  { code: 130, name: 'interrupted', meaning: 'Stopped in good order by Ctrl-C or a stop signal.' },
];

export function exitCodeOf(name: ExitCode['name']): number {
  return (EXIT_CODES.find((entry) => entry.name === name) as ExitCode).code;
}
