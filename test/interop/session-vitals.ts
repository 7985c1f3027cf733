/** What a page and its node hold at one moment, garbage collected: what must not grow however long somebody looks. */

import { readdirSync } from 'node:fs';
import { costOf } from '../../bench/process-cost.ts';
import type { BrowserPage, Session } from './peers/browser.ts';
import type { NodeHeap } from './peers/node-heap.ts';

/** With its unit: MB are of 10^6 bytes. */
export const VITALS = {
  pageHeapMb: 'page: heap, MB',
  domNodes: 'page: DOM nodes',
  listeners: 'page: listeners',
  nodeHeapMb: 'node: heap, MB',
  nodeResidentMb: 'node: resident, MB',
  descriptors: 'node: descriptors',
} as const;

export type VitalName = keyof typeof VITALS;
export type Vitals = Readonly<Record<VitalName, number>>;

export const VITAL_NAMES = Object.keys(VITALS) as readonly VitalName[]; // Its own keys.

export class SessionVitals {
  readonly #session: Session;
  readonly #nodePid: number;
  readonly #nodeHeap: NodeHeap;

  static async of(page: BrowserPage, nodePid: number, nodeHeap: NodeHeap): Promise<SessionVitals> {
    const session = await page.driver.context().newCDPSession(page.driver);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new SessionVitals(session, nodePid, nodeHeap);
  }

  private constructor(session: Session, nodePid: number, nodeHeap: NodeHeap) {
    this.#session = session;
    this.#nodePid = nodePid;
    this.#nodeHeap = nodeHeap;
  }

  async take(): Promise<Vitals> {
    // What one collection finalizes, such as elements held by what it has freed, the next one frees.
    for (let time = 0; time < 2; time++) await this.#session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#session.send('Performance.getMetrics');
    const metric = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
    return {
      pageHeapMb: metric('JSHeapUsedSize') / 1e6,
      domNodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      nodeHeapMb: (await this.#nodeHeap.usedBytes()) / 1e6,
      nodeResidentMb: costOf(this.#nodePid).residentMb,
      descriptors: readdirSync(`/proc/${this.#nodePid}/fd`).length,
    };
  }
}
