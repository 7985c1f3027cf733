/** An error that a person can act on: what happened, why, and what to do next; its kind decides the exit code of a command. */

const FAILURE_KINDS = [
  'failed',
  'usage',
  'not-found',
  'denied',
  'unreachable',
  'timed-out',
  'incomplete',
  'integrity',
  'no-space',
  'interrupted',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** The cause as far as it is known, one sentence; empty when the message says it all. */
  readonly why: string;
  /** What the reader can do now; a command to type where there is one. */
  readonly next: string;

  constructor(kind: FailureKind, what: string, why: string, next: string) {
    super(what);
    this.kind = kind;
    this.why = why;
    this.next = next;
  }
}

/** For what another process has written. */
export function isFailureKind(value: unknown): value is FailureKind {
  return FAILURE_KINDS.some((kind) => kind === value);
}

/** Turns whatever was thrown into a Failure; system errors by their code, `what` saying what was being done. */
export function failureFrom(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error;
  const { code, message, path, stack, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'EACCES' && (syscall === 'listen' || syscall === 'bind')) {
    return new Failure('denied', what, 'Ports below 1024 are for root (EACCES).', 'Choose a larger one.');
  }
  const known = code === undefined ? undefined : SYSTEM_ERRORS[code];
  if (known === undefined) {
    const why = (code === undefined ? stack : message) ?? String(error);
    return new Failure('failed', what, why, 'Try once more; if it stays, please report it with the text above.');
  }
  const [kind, cause, next] = known;
  return new Failure(kind, what, path === undefined ? `${cause} (${code}).` : `${path}: ${cause} (${code}).`, next);
}

const SYSTEM_ERRORS: Readonly<Record<string, readonly [FailureKind, string, string]>> = {
  ENOENT: ['not-found', 'there is no such file or folder', 'Check the spelling of the path.'],
  ENOTDIR: ['not-found', 'a part of the path is not a folder', 'Check the spelling of the path.'],
  EACCES: ['denied', 'permission denied', 'Change its permissions, or choose a place that is yours.'],
  EPERM: ['denied', 'operation not permitted', 'Change its permissions, or choose a place that is yours.'],
  EROFS: ['denied', 'the file system is read-only', 'Choose a folder on a writable file system with -o.'],
  ENOSPC: ['no-space', 'the disk is full', 'Free some space, then run the same command again: it continues where it stopped.'],
  EDQUOT: ['no-space', 'your disk quota is used up', 'Free some space, then run the same command again: it continues where it stopped.'],
  ECONNREFUSED: ['unreachable', 'the connection was refused', 'Check that the other side is running, and its address and port.'],
  ENOTFOUND: ['unreachable', 'the host name is not known', 'Check the spelling of the host name, and your network.'],
  EHOSTUNREACH: ['unreachable', 'the host cannot be reached', 'Check the address and your network.'],
  ENETUNREACH: ['unreachable', 'the network cannot be reached', 'Check the address and your network.'],
  ETIMEDOUT: ['timed-out', 'the other side did not answer in time', 'Try again later.'],
  EADDRINUSE: ['failed', 'the port is taken by another program', 'Name another one with --port.'],
  EADDRNOTAVAIL: ['usage', 'this machine does not have that address', 'Name one of its own addresses with --listen, or 0.0.0.0.'],
  EISDIR: ['usage', 'it is a folder, not a file', 'Name a file.'],
  EMFILE: ['failed', 'too many open files', 'Raise the limit with `ulimit -n 4096` and try again.'],
};
