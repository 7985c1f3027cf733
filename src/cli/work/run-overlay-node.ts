/** The work of `kith dht join`: a node of an overlay until Ctrl-C, or until it is told to leave; owns the node and its control socket. */

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { refuseBehindProxy } from '../../node/chosen-proxy.ts';
import { ControlSocket } from '../../node/control/control-socket.ts';
import { Failure } from '../../node/failure.ts';
import { Introduction } from '../../node/introduction.ts';
import { openMember } from '../../node/open-overlay.ts';
import type { OverlayMaker, OverlayNode, OverlayStatus } from '../../node/overlay.ts';
import { controlName, overlayControl } from '../../node/overlay-control.ts';
import { namedNodes, NODE_NAME_DEFAULT, OVERLAY_DEFAULT, type OverlayEntry, overlayOf } from '../../node/overlays.ts';
import { plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { follow, interrupted, programWord } from '../follow.ts';
import { hostAndPort, isLoopback, linkHost } from '../../node/link-host.ts';
import { sayPort } from '../../node/open-session.ts';
import { Patience } from '../patience.ts';
import { checkNodeName } from './ask-overlay.ts';

export interface NodeOptions {
  readonly overlay: string;
  readonly name: string;
  readonly units: number;
  readonly groups: number;
  readonly successors: number;
  readonly replicas: number;
  readonly round: number;
  readonly timeout: number;
  /** Found a network, whoever else may be there. */
  readonly new?: true;
  /** Who is asked for members, where none are named, and told of this one. */
  readonly introducer?: readonly string[];
}

/** After Ctrl-C: a neighbour that has just died is waited for three seconds, before the next one gets the keys. */
const HAND_OVER_MS_MAX = 10_000;
/** Changes are told in JSON no more often. */
const LOOK_MS = 1_000;

export async function runOverlayNode(call: Call, named: readonly string[], options: NodeOptions): Promise<void> {
  const { console, settings, interruption } = call;
  refuseBehindProxy(settings, 'A node of an overlay');
  interruption.orderlyMsMax = HAND_OVER_MS_MAX;
  const { overlay, name } = options;
  const entry = overlayOf(overlay);
  const maker = await entry.load();
  checkNodeName(name);
  const introduction = options.introducer === undefined ? null : new Introduction(options.introducer, overlay);
  const known = throughWhom(call, entry, named, options);
  const through = known.length > 0 || options.new === true ? known : await introduced(call, introduction);
  const opened = Promise.withResolvers<OverlayNode>();
  // Nobody may be there who asks.
  opened.promise.catch(() => undefined);
  const leaving = new Leaving();
  const door = await ControlSocket.open(
    settings.folders.runtime,
    controlName(overlay, name),
    `The ${overlay} node ${name}`,
    overlayControl(opened.promise, () => leaving.ask()),
  );
  try {
    const wanted = settings.get('dht.port');
    const node = await openMember(
      maker,
      { ...addresses(call, maker), port: wanted, through },
      {
        ...options,
        neighbours: options.successors,
        roundMs: options.round * 1000,
        founds: options.new === true,
        stateFile: join(settings.folders.state, `${controlName(overlay, name)}.json`),
      },
    );
    try {
      opened.resolve(node);
      sayPort(call, 'dht.port', wanted, Number(/:(\d+)$/.exec(node.address)?.[1]));
      console.event('ready', { overlay, name, address: node.address });
      introduction?.announce(node.address);
      await takePart(call, node, through, options, leaving);
      await leave(call, node, maker, leaving);
    } finally {
      await introduction?.close();
      await node.close();
    }
  } catch (error) {
    opened.reject(error);
    throw error;
  } finally {
    await door.close();
  }
}

/** Those that were named, or those that the settings name; nobody, when a network is to be founded. */
function throughWhom({ settings }: Call, entry: OverlayEntry, named: readonly string[], options: NodeOptions): readonly string[] {
  if (options.new !== true) return named.length > 0 || entry.beginsAtSetting !== true ? named : namedNodes(settings.get('dht.nodes'));
  if (named.length === 0) return [];
  throw new Failure('usage', '--new founds a network, and an address joins one.', '', 'Leave one of them out.');
}

/** Members that introducers know. One at our own place is what an earlier run of ours has left. */
async function introduced({ settings }: Call, introduction: Introduction | null): Promise<readonly string[]> {
  const own = hostAndPort(linkHost(settings.get('listen.host'), settings.get('announce.host')), settings.get('dht.port'));
  return ((await introduction?.members()) ?? []).filter((member) => member !== own);
}

/** That somebody has asked the node to leave, and what came of it. */
class Leaving {
  readonly #asked = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<boolean>();

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  ask(): Promise<boolean> {
    this.#asked.resolve();
    return this.#left.promise;
  }

  done(handedOver: boolean): void {
    this.#left.resolve(handedOver);
  }
}

/**
 * A node is known by one address, and its answers have to come from it: instead of on all addresses it listens on the one that it
 * announces. Behind a router, where that one is not its own, on all.
 */
function addresses({ settings }: Call, { listensOnAll }: OverlayMaker): { listenHost: string; announceHost: string } {
  const listenHost = settings.get('listen.host');
  const announceHost = settings.get('announce.host');
  if (listensOnAll) return { listenHost, announceHost: linkHost(listenHost, announceHost) };
  const isWildcard = listenHost === '0.0.0.0' || listenHost === '::';
  return { listenHost: isWildcard && announceHost === '' ? linkHost(listenHost, '') : listenHost, announceHost };
}

async function takePart(call: Call, node: OverlayNode, through: readonly string[], options: NodeOptions, leaving: Leaving): Promise<void> {
  const { console } = call;
  const startedAt = performance.now();
  const patience = new Patience(options.timeout, startedAt);
  const joined = await follow(call, Promise.race([node.join(), leaving.asked]), () => {
    console.progress.show(`${options.overlay}: looking for a way in through ${entrance(through)}`, null);
    if (patience.isOver('', performance.now())) throw notLetIn(node.inspect(), through);
  });
  if (joined) {
    const { address, state, points } = node.inspect();
    if (state === 'member') {
      console.event('joined', { address, points: points.map(({ id }) => id), tookMs: Math.round(performance.now() - startedAt) });
      const isAlone = points.every(({ neighbours }) => neighbours.length === 0);
      console.say(`${isAlone ? 'Founded a' : 'In the'} ${options.overlay} network as ${console.strong(address)}.`);
      sayHow(call, node, options);
      console.result(address);
    }
    const changes = new Changes(call, node);
    await follow(call, leaving.asked, () => changes.look());
  }
}

function entrance(through: readonly string[]): string {
  return through.length === 0 ? 'the public routers' : through.join(', ');
}

function sayHow({ console, settings }: Call, node: OverlayNode, { overlay, name }: NodeOptions): void {
  const kind = overlay === OVERLAY_DEFAULT ? '' : ` --overlay ${overlay}`;
  const which = name === NODE_NAME_DEFAULT ? '' : ` --name ${name}`;
  const isNear = isLoopback(settings.get('listen.host'));
  console.say(`Others:  ${programWord()} dht join ${node.address}${kind}${isNear ? '' : ' --public'}`);
  const what = overlayOf(overlay).keepsItems === true ? 'TEXT' : 'KEY VALUE';
  console.say(`Here:    ${programWord()} dht put ${what}${kind}${which}   Ctrl-C leaves.`);
  if (isNear) console.say(console.dim(`Only this machine can reach it. To let others in: ${programWord()} dht join --public${kind}`));
}

async function leave(call: Call, node: OverlayNode, { handsOver }: OverlayMaker, leaving: Leaving): Promise<void> {
  const { console, interruption } = call;
  const { keys } = node.inspect();
  console.say(keys === 0 || !handsOver ? 'Leaving.' : `Leaving; handing over ${plural(keys, 'key')}.`);
  const handedOver = await node.leave();
  leaving.done(handedOver);
  console.event('left', { keys, handedOver });
  const what =
    keys === 0 || !handsOver ? 'Left.' : handedOver ? 'Left; others have its keys.' : 'Left; not all of its keys were taken by others.';
  if (interruption.happened) throw interrupted(what, '');
  console.say(what);
}

/** What is told while the node runs: a line on a terminal, events when something has changed. */
class Changes {
  readonly #call: Call;
  readonly #node: OverlayNode;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #neighbours = '';
  #keys = 0;

  constructor(call: Call, node: OverlayNode) {
    this.#call = call;
    this.#node = node;
  }

  look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    const { console } = this.#call;
    const { overlay, state, keys, points } = this.#node.inspect();
    const all = points.flatMap(({ neighbours }) => neighbours);
    const hosts = new Set(all.map(({ address }) => address)).size;
    const where = state === 'member' ? 'a member' : 'looking for a way in';
    console.progress.show(`${overlay}: ${where}, ${plural(hosts, 'neighbour')}, ${plural(keys, 'key')}. Ctrl-C leaves.`, null);
    const neighbours = all.map(({ role, id }) => `${role} ${id}`).join();
    if (neighbours !== this.#neighbours) console.event('neighbours', { state, points });
    if (keys !== this.#keys) console.event('keys', { keys });
    this.#neighbours = neighbours;
    this.#keys = keys;
  }
}

function notLetIn({ datagrams }: OverlayStatus, through: readonly string[]): Failure {
  const where = entrance(through);
  if (datagrams.received > datagrams.malformed) {
    const why = 'Somebody answers there, but is no member itself, or its neighbours do not answer.';
    return new Failure('timed-out', `The network at ${where} did not let this node in.`, why, 'Try again, or wait longer with --timeout.');
  }
  const why = datagrams.malformed > 0 ? 'What came from there is of another kind.' : '';
  return new Failure('unreachable', `Nobody answers at ${where}.`, why, 'Check the address, and that a node runs there: kith dht status');
}
