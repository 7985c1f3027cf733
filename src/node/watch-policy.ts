/** A watched folder in a node: what is dropped into it is added. Owns the watching, from the first tick to the end. */

import { Failure } from './failure.ts';
import { makeFolder } from './make-folder.ts';
import type { NodeOperations } from './node-operations.ts';
import type { NodePolicy } from './node-policy.ts';
import type { Settings } from './settings/settings.ts';
import { WatchFolder } from './watch-folder.ts';

export class WatchPolicy implements NodePolicy {
  readonly name = 'The watched folder';
  readonly #folder: string;
  readonly #problems: string[] = [];
  #watch: WatchFolder | null = null;

  constructor(settings: Settings) {
    this.#folder = settings.get('watch.folder');
  }

  /** What went wrong since the last one is thrown. Throws a Failure. */
  tick(node: Pick<NodeOperations, 'add'>): void {
    if (this.#folder === '') return;
    this.#watch ??= this.#begin(node);
    const [problem] = this.#problems.splice(0, 1);
    if (problem !== undefined) throw new Failure('failed', problem, '', '');
  }

  stop(): void {
    void this.#watch?.stop();
  }

  #begin(node: Pick<NodeOperations, 'add'>): WatchFolder {
    makeFolder(this.#folder, `The folder ${this.#folder} cannot be watched.`);
    const watch = new WatchFolder(this.#folder, {
      // One that is here already is taken as if it were new: after a crash it comes again.
      onDropped: async (source) => void (await node.add({ source }, {})),
      onProblem: ({ message, why }) => void this.#problems.push(`${message} ${why}`.trim()),
    });
    watch.start();
    return watch;
  }
}
