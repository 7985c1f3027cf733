/**
 * The promises of `src/core/host.ts`, as tests that run against every host. A harness makes hosts, lets time pass and knows what
 * bodies look like; everything else is the contract. Each test acts inside events of a host, as protocols do.
 */

import { test } from 'node:test';
import { cipherPromises } from './conformance/ciphers.ts';
import { addressPromises, datagramPromises } from './conformance/datagrams.ts';
import type { Claim, HostHarness } from './conformance/harness.ts';
import { Script } from './conformance/script.ts';
import { treePromises } from './conformance/store-trees.ts';
import { filePromises } from './conformance/store-files.ts';
import { storePromises } from './conformance/stores.ts';
import { streamPromises } from './conformance/streams.ts';
import { timerPromises } from './conformance/timers.ts';

export type { HostHarness, HostNetwork } from './conformance/harness.ts';

export function hostConformance(name: string, harness: HostHarness): void {
  function promise(sentence: string, count: number, claim: Claim, garbage = false): void {
    test(`${name}: ${sentence}`, { timeout: 30_000 }, async () => {
      const scripts: Script[] = [];
      const network = await harness.open(
        count,
        (host) => {
          const script = new Script(host);
          scripts.push(script);
          return script;
        },
        garbage,
      );
      try {
        await claim(network, scripts);
      } finally {
        await network.close();
      }
    });
  }

  timerPromises(promise);
  datagramPromises(promise);
  addressPromises(promise);
  streamPromises(promise);
  cipherPromises(promise);
  storePromises(promise);
  treePromises(promise);
  filePromises(promise);
}
