/** The work of `kith up`: the node, its share folder and its control socket until it is stopped; owns them and the lock meanwhile. */

import { join } from 'node:path';
import { ApiServer } from '../../node/api/api-server.ts';
import { ApiToken, tokenPath } from '../../node/api/api-token.ts';
import { Machine } from '../../node/api/machine.ts';
import { ControlSocket } from '../../node/control/control-socket.ts';
import { FeedPolicy } from '../../node/feeds/feed-policy.ts';
import { isLoopback } from '../../node/link-host.ts';
import { LogFile, logPath } from '../../node/log-file.ts';
import { makeFolder } from '../../node/make-folder.ts';
import { KithNode } from '../../node/node.ts';
import { NODE_NAME, nodeControl } from '../../node/control/node-control.ts';
import type { NodeOperations } from '../../node/node-operations.ts';
import type { NodeEvent } from '../../node/node-view.ts';
import { formatBytes, formatRate, plural } from '../../node/quantity.ts';
import { makeShareFolder } from '../../node/shared-folder.ts';
import type { Shared } from '../../node/sharing-node.ts';
import { SingleInstance } from '../../node/single-instance.ts';
import { WatchPolicy } from '../../node/watch-policy.ts';
import type { Call } from '../cli.ts';
import { FOREVER, follow, interrupted, programWord } from '../follow.ts';
import { statusFields } from '../status-text.ts';
import { sayWhoCanCome } from '../who-can-come.ts';
import { hashMemory, publishWithProgress } from './publish-with-progress.ts';

const STATUS_EVENT_MS = 10_000;

/** Resolves when somebody has stopped it by `kith down`; Ctrl-C rejects. */
export async function runNode(call: Call): Promise<void> {
  const { settings } = call;
  const { state, runtime } = settings.folders;
  makeFolder(state, `The state folder ${state} cannot be used.`);
  const instance = SingleInstance.take(
    join(state, 'up.lock'),
    'kith up',
    `Its pages: ${programWord()} pages   Its state: ${programWord()} status   To stop it: ${programWord()} down`,
  );
  const opened = Promise.withResolvers<NodeOperations>();
  // Nobody may be there who asks.
  opened.promise.catch(() => undefined);
  try {
    const log = new LogFile(logPath(state));
    let api: ApiServer | null = null;
    const door = await ControlSocket.open(runtime, NODE_NAME, 'A node of this user', nodeControl(opened.promise));
    try {
      log.write('info', 'starting', { folder: settings.get('share.folder') });
      api = await openApi(call, log);
      await withNode(call, log, opened, api);
    } catch (error) {
      opened.reject(error);
      log.write('info', `ended: ${error instanceof Error ? error.message : ''}`);
      throw error;
    } finally {
      await api?.close();
      await door.close();
      log.close();
    }
  } finally {
    instance.release();
  }
}

/** The web interface, which answers that it is not ready until there is a node; null where it is off. */
async function openApi({ console, settings }: Call, log: LogFile): Promise<ApiServer | null> {
  if (settings.get('api.use') === 'off') return null;
  const [host, port] = [settings.get('api.host'), settings.get('api.port')];
  const names = settings.get('api.names').split(',');
  const token = ApiToken.in(tokenPath(settings.folders.state));
  const onFault = (error: unknown): void =>
    log.write('error', `the API has failed: ${error instanceof Error ? error.stack : String(error)}`);
  const api = await ApiServer.open({ host, port, names: names.map((name) => name.trim()), token, onFault });
  if (!isLoopback(host)) console.warn('The API is plain HTTP: who can listen on the network can read its token.');
  if (port !== 0 && api.port !== port) console.say(`Port ${port} is taken; the API has port ${api.port}.`);
  return api;
}

async function withNode(call: Call, log: LogFile, opened: PromiseWithResolvers<NodeOperations>, api: ApiServer | null): Promise<void> {
  const { console, settings, interruption } = call;
  const folder = settings.get('share.folder');
  makeShareFolder(folder);
  const node = await KithNode.open(call, (event) => writeEvent(log, event));
  try {
    const { session, trackers } = node.sharing;
    console.say(`Sharing ${console.strong(folder)}: put files there, and each gets a link.`);
    if (api !== null) {
      node.offers({ url: api.url, tokenFile: tokenPath(settings.folders.state) }, () => api.newPagesLink());
      api.serve(node, new Machine(settings, node));
    }
    const pages = await node.pagesLink();
    if (pages !== null) console.say(`Pages: ${console.strong(pages)}`);
    console.event('ready', { folder, port: session.port, trackers, api: api?.url ?? null, pages });
    log.write('info', 'ready', { port: session.port, api: api?.url ?? null });
    sayWhoCanCome(call, 'kith up');
    for (const policy of [new FeedPolicy(settings), new WatchPolicy(settings)]) node.use(policy);
    const memory = hashMemory(call);
    const options = { name: null, version: 1 as const, pieceBytes: null, private: false, memory };
    const watching = node.watchFolder(folder, (path) => publishWithProgress(call, [path], options), announcement(call));
    opened.resolve(node);
    if (!interruption.happened && (await serve(call, node, Promise.race([watching.then(() => FOREVER), node.stopAsked])))) {
      console.say('Stopped by kith down.');
      return;
    }
    throw interrupted('Stopped.', '');
  } finally {
    // Nobody is to ask a node that has closed its list.
    await api?.close();
    await node.close();
  }
}

/** Says each link on stdout, and the first time the whole command for another terminal. */
function announcement({ console }: Call): (name: string, shared: Shared) => void {
  let first = true;
  return (name, { link, transfer }) => {
    console.event('link', { link, ...statusFields(transfer.status()) });
    console.say(`\n${console.strong(name)} (${formatBytes(transfer.status().wantedBytes)})`);
    console.result(link);
    if (!first) return;
    first = false;
    console.say(`In another terminal:\n  ${programWord()} get '${link}'`);
  };
}

/** Shows what goes on until the end, true, or Ctrl-C, false. */
async function serve(call: Call, node: KithNode, end: Promise<void>): Promise<boolean> {
  const { console } = call;
  let toldAt = performance.now();
  return follow(call, end, () => {
    const { transfers: shared, peers, uploadRate, downloadRate, uploadedBytes } = node.totals();
    const coming = downloadRate > 0 ? `, ${formatRate(downloadRate)} coming` : '';
    const rate = `${formatRate(uploadRate)}, ${formatBytes(uploadedBytes)} sent${coming}`;
    console.progress.show(`${shared} shared, ${plural(peers, 'peer')}, ${rate}. Ctrl-C stops.`, null);
    if (performance.now() - toldAt < STATUS_EVENT_MS) return;
    toldAt = performance.now();
    console.event('status', { shared, peers, uploadRate, uploadedBytes, downloadRate });
  });
}

function writeEvent(log: LogFile, event: NodeEvent): void {
  switch (event.type) {
    case 'warning':
      return log.write('warn', event.message);
    case 'removed':
      return log.write('info', 'removed', { infoHash: event.infoHash, name: event.name });
    case 'setting':
      return log.write('info', 'setting', { key: event.setting.key, value: event.setting.value });
    case 'failed': {
      const { infoHash, name, problem } = event.transfer;
      return log.write('error', `${name} has failed: ${problem?.message} ${problem?.why}`, { infoHash });
    }
    case 'added':
    case 'completed':
    case 'verified':
    case 'metadata': {
      const { infoHash, name, origin, haveBytes, wantedBytes } = event.transfer;
      return log.write(origin === 'folder' ? 'debug' : 'info', event.type, { infoHash, name, origin, haveBytes, wantedBytes });
    }
    case 'fetch': {
      const { id, name, state, haveBytes, bytes, problem } = event.fetch;
      if (problem !== null) return log.write('error', `${problem.message} ${problem.why}`, { fetch: id });
      return log.write('info', `fetch ${state}`, { fetch: id, name, haveBytes, bytes });
    }
    case 'fetch-removed':
      return log.write('info', 'fetch removed', { fetch: event.id, name: event.name });
    default:
      return log.write('debug', event.type);
  }
}
