/** A port mapper beside fake routers on loopback, whose reports a test waits for. */

import type { TestContext } from 'node:test';
import { PortMapper, type PortMapperOptions, type PortMappingStatus, type WantedPort } from '../../src/net/port-mapping/index.ts';

/** Nobody answers at this port of loopback. */
export const NOBODY = 9;
export const PEERS: WantedPort = { role: 'peers', port: 6881, transports: ['tcp', 'udp'] };

export class MapperWorld {
  readonly mapper: PortMapper;
  readonly reports: PortMappingStatus[] = [];
  private waiting: (() => void)[] = [];

  constructor(t: TestContext, ports: { readonly control?: number; readonly ssdp?: number }, options: Partial<PortMapperOptions> = {}) {
    this.mapper = new PortMapper({
      findRoute: async () => ({ gateway: '127.0.0.1', localAddress: '127.0.0.1' }),
      ports: { control: ports.control ?? NOBODY, ssdp: ports.ssdp ?? NOBODY, news: null },
      onChange: (status) => {
        this.reports.push(status);
        for (const wake of this.waiting.splice(0)) wake();
      },
      ...options,
    });
    t.after(() => this.mapper.close());
  }

  start(...wanted: readonly WantedPort[]): this {
    for (const each of wanted) this.mapper.add(each);
    this.mapper.start();
    return this;
  }

  /** The first report, of those to come too, that is so. */
  async report(isSo: (status: PortMappingStatus) => boolean): Promise<PortMappingStatus> {
    for (;;) {
      const found = this.reports.find(isSo);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

export const isMapped = ({ state }: PortMappingStatus): boolean => state === 'mapped';
export const hasFailed = ({ state }: PortMappingStatus): boolean => state === 'failed';
