/** Nodes with their pages: `kith up` as a process of its own, and a browser that its link has let in. Owns nothing. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from '../workbench.ts';
import { Browser, type BrowserPage } from './browser.ts';
import { KithPeer, type KithRunOptions } from './kith.ts';
import { START_MS_MAX } from './peer.ts';
import { freePort } from './process-group.ts';

export interface PagedNode {
  readonly kith: KithPeer;
  /** Opens once. */
  readonly link: string;
  /** XDG folders lie below it. */
  readonly home: string;
  readonly ports: { readonly peers: number; readonly api: number };
}

/** A node with a share folder that has a welcome file in it. */
export async function startPagedNode(
  bench: Pick<Workbench, 'folder' | 'keep'>,
  name: string,
  args: readonly string[] = [],
  options: Pick<KithRunOptions, 'nodeOptions'> = {},
): Promise<PagedNode> {
  const home = join(bench.folder, name);
  mkdirSync(home, { recursive: true });
  const ports = { peers: await freePort(), api: await freePort() };
  return startAgain(bench, { home, ports }, args, options);
}

/** At the same ports and with the same memory. */
export async function startAgain(
  bench: Pick<Workbench, 'keep'>,
  { home, ports }: Pick<PagedNode, 'home' | 'ports'>,
  args: readonly string[] = [],
  options: Pick<KithRunOptions, 'nodeOptions'> = {},
): Promise<PagedNode> {
  const all = ['up', '--port', String(ports.peers), '--api-port', String(ports.api), '--folder', join(home, 'share'), ...args];
  const kith = bench.keep(new KithPeer(all, { ...options, port: ports.peers, home }));
  await kith.event('ready', START_MS_MAX);
  return { kith, link: kith.lines.get('ready')?.pages ?? '', home, ports };
}

/** In a browser of its own. */
export async function openPages(bench: Pick<Workbench, 'keep'>, node: PagedNode, options: object = {}): Promise<BrowserPage> {
  const browser = bench.keep(await Browser.start());
  const page = await browser.open(node.link, options);
  await page.driver.getByRole('grid', { name: 'Transfers' }).waitFor();
  return page;
}

/** The row of the list that has this name in it. */
export function rowOf(page: BrowserPage, name: string): ReturnType<BrowserPage['driver']['locator']> {
  return page.driver.getByRole('row', { name: new RegExp(name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) });
}
