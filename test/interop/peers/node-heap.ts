/** What a Node process has in use after it has collected its garbage, asked over the inspector that it opens at SIGUSR1. Owns the connection. */

import { until } from './process-group.ts';

const OPEN_MS_MAX = 10_000;

export class NodeHeap {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #asked = 0;

  /** `port`: what the process was told as `--inspect-port`. */
  static async of(pid: number, port: number): Promise<NodeHeap> {
    process.kill(pid, 'SIGUSR1');
    const targets = await until('the inspector', OPEN_MS_MAX, () =>
      fetch(`http://127.0.0.1:${port}/json/list`).then(
        (answer) => answer.json() as Promise<{ webSocketDebuggerUrl: string }[]>, // As Node documents it.
        () => null,
      ),
    );
    const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new NodeHeap(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }; // Node's own protocol.
      if (id !== undefined) this.#waiting.get(id)?.(result);
      if (id !== undefined) this.#waiting.delete(id);
    });
  }

  async usedBytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    return ((await this.#ask('Runtime.getHeapUsage')) as { usedSize: number }).usedSize;
  }

  async stop(): Promise<void> {
    this.#socket.close();
  }

  #ask(method: string): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}
