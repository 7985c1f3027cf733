/**
 * The door of a running node for commands of the same user on the same machine: a local socket in a folder that nobody else may enter,
 * which answers questions in JSON, one a line. Owns the socket and the lock that keeps a second node from the same name.
 */

import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type ControlHandler, ControlConnection } from './control-connection.ts';
import { Failure, failureFrom } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import { SingleInstance } from '../single-instance.ts';

/** Commands are short and few; the excess is hung up on. */
export const CONNECTIONS_MAX = 32;
/** Answers under way when the node stops get so long. */
const FINISH_MS_MAX = 500;
/** What every system takes as the path of a socket: macOS 104 bytes with the zero at its end, Linux 108. */
const PATH_BYTES_MAX = 103;

export class ControlSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #lock: SingleInstance;
  readonly #connections = new Map<Socket, ControlConnection>();

  /** `what` begins the sentence that says it is running already. Rejects with a Failure. */
  static async open(folder: string, name: string, what: string, handler: ControlHandler): Promise<ControlSocket> {
    makePrivateFolder(folder);
    const path = controlPath(folder, name);
    const lock = SingleInstance.take(join(folder, `${name}.lock`), what);
    try {
      // Who had this name before holds the lock no more, so nobody listens: killed processes leave their sockets behind.
      if (process.platform !== 'win32') rmSync(path, { force: true });
      const socket = new ControlSocket(path, lock, handler);
      await socket.#listen();
      return socket;
    } catch (error) {
      lock.release();
      throw failureFrom(error, `The control socket ${path} cannot be opened.`);
    }
  }

  private constructor(path: string, lock: SingleInstance, handler: ControlHandler) {
    this.path = path;
    this.#lock = lock;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new ControlConnection(socket, handler);
      this.#connections.set(socket, connection);
      socket.once('close', () => this.#connections.delete(socket));
      connection.start();
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Lets answers under way leave, as far as that takes little time, hangs up, and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const connection of this.#connections.values()) connection.finish();
    const late = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, FINISH_MS_MAX);
    await closed;
    clearTimeout(late);
    this.#lock.release();
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.path, resolve);
    });
    // The folder keeps others out already.
    if (process.platform !== 'win32') chmodSync(this.path, 0o600);
  }
}

/** The system takes the path of that socket. */
export function canControl(folder: string, name: string): boolean {
  return process.platform === 'win32' || Buffer.byteLength(join(folder, `${name}.sock`)) <= PATH_BYTES_MAX;
}

/** Where the node of that name is asked. Throws a Failure when the system could not take the path. */
export function controlPath(folder: string, name: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${join(folder, name).replace(/[\\/:]/g, '-')}`;
  const path = join(folder, `${name}.sock`);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  throw new Failure(
    'usage',
    `The path ${path} is too long for a socket.`,
    `Systems take at most ${PATH_BYTES_MAX} bytes.`,
    'Set XDG_RUNTIME_DIR to a folder with a shorter path, or use a shorter --name.',
  );
}

/** Only its owner may enter, so that nobody else reaches a socket in it. */
function makePrivateFolder(folder: string): void {
  const what = `The folder ${folder} for control sockets cannot be used.`;
  makeFolder(dirname(folder), what);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (process.platform === 'win32') return;
    const { uid } = lstatSync(folder);
    if (uid !== process.getuid?.()) {
      throw new Failure('denied', what, 'It belongs to somebody else.', 'Set XDG_RUNTIME_DIR to a folder of your own.');
    }
    chmodSync(folder, 0o700);
  } catch (error) {
    throw failureFrom(error, what);
  }
}
