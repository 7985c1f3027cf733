/** The worker that does a host's blocking file work: takes jobs in order, answers each once. Owns the stores attached to it. */

import { parentPort } from 'node:worker_threads';
import type { DiskReply, DiskRequest, DiskStoreSpec } from './disk-jobs.ts';
import { DiskStore } from './disk-store.ts';
import { FileHandles } from './file-handles.ts';
import { storeFailureOf } from './store-failure.ts';

const handles = new FileHandles();
const stores = new Map<number, DiskStore>();

parentPort?.on('message', (request: DiskRequest) => {
  let reply: DiskReply;
  try {
    reply = { id: request.id, failure: null, result: perform(request) };
  } catch (error) {
    reply = { id: request.id, failure: storeFailureOf(error, ''), result: null };
  }
  parentPort?.postMessage(reply);
});

function perform(request: DiskRequest): unknown {
  if (request.name === 'attach') {
    stores.set(request.store, new DiskStore(request.args as DiskStoreSpec, handles));
    return null;
  }
  const store = stores.get(request.store);
  if (request.name === 'detach') {
    store?.close();
    stores.delete(request.store);
    return null;
  }
  if (store === undefined) throw new Error(`expected an attached store, got ${request.store} for ${request.name}`);
  // The sender is typed: the arguments are those of the job that the request names.
  return (store[request.name] as (args: unknown) => unknown).call(store, request.args);
}
