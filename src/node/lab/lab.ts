/** The laboratory of a node: worlds to watch, and experiments that run beside it. Owns both. */

import { type LabPlace, LabRuns } from './lab-runs.ts';
import { LiveLab } from './live-lab.ts';

export class Lab {
  readonly worlds = new LiveLab();
  readonly runs: LabRuns;

  constructor(place: LabPlace) {
    this.runs = new LabRuns(place);
  }

  async close(): Promise<void> {
    this.runs.close();
    await this.worlds.close();
  }
}
