/** Errors of the file system as the failures of the Host contract; owns no state. */

import type { StoreFailure, StoreFailureKind } from '../core/host.ts';
import { UnsafePathError } from './safe-path.ts';

/** Content on disk is not there, or not what it was when it was checked. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
  readonly kind: StoreFailureKind;
  readonly path: string;

  constructor(kind: 'missing' | 'changed', path: string, why: string) {
    super(`expected ${path} as it was when it was checked, but ${why}`);
    this.kind = kind;
    this.path = path;
  }
}

/** Content cannot be moved to where it is to go. */
export class MoveError extends Error {
  override readonly name = 'MoveError';
  readonly kind: 'in-the-way' | 'no-space';
  readonly path: string;

  constructor(kind: 'in-the-way' | 'no-space', path: string, message: string) {
    super(message);
    this.kind = kind;
    this.path = path;
  }
}

const KINDS: Readonly<Record<string, StoreFailureKind>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EISDIR: 'changed',
  ELOOP: 'unsafe-path',
};

/** `path` is used when the error names none. An error that no disk can cause is thrown on: it is a bug. */
export function storeFailureOf(error: unknown, path: string): StoreFailure {
  if (error instanceof UnsafePathError) return { kind: 'unsafe-path', message: error.message, path: error.path };
  if (error instanceof ContentError || error instanceof MoveError) return { kind: error.kind, message: error.message, path: error.path };
  const { code, syscall, message, path: where } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) throw error;
  return { kind: KINDS[code] ?? 'io', message, path: where ?? path };
}
