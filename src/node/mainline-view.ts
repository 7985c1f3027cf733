/** What a node of the Mainline DHT shows of itself, and a lookup through it, step by step; wherever it runs: by itself, or beside the engine. Owns no state. */

import { concatBytes } from '../core/bytes.ts';
import { endpointIp, formatEndpoint } from '../core/endpoint.ts';
import type { SocketHost } from '../net/socket-host.ts';
import type { Contact, Kademlia, LookupCost, NodesFound } from '../overlays/kademlia/index.ts';
import { Failure } from './failure.ts';
import type { Fact, Located, Neighbour, OverlayStatus, PathStep, Place } from './overlay.ts';

export function mainlineStatus(
  dht: Kademlia,
  { counters: { received, sent, malformed, dropped } }: Pick<SocketHost, 'counters'>,
  address: string,
  state: OverlayStatus['state'],
): OverlayStatus {
  const keys = dht.networks.reduce((sum, { peers }) => sum + peers.infoHashes, 0) + dht.items.size;
  return {
    overlay: 'mainline',
    address,
    state,
    keys,
    facts: factsOf(dht),
    points: [{ id: dht.id.hex, state, keys, neighbours: neighboursOf(dht) }],
    datagrams: { received, sent, malformed, dropped },
  };
}

/** `nobody`: why there is nobody to ask. Rejects with a Failure. */
export async function lookUpNodes(dht: Kademlia, key: Uint8Array, nobody: () => Failure): Promise<Located> {
  const path: PathStep[] = [];
  const startedAtMs = dht.host.now();
  const found = await new Promise<NodesFound>((onNodes) => {
    const onAnswer = (from: Contact, hops: number): void => {
      path.push({ ...placeOf(from), hops, outcome: 'answered', tookMs: dht.host.now() - startedAtMs });
    };
    dht.findNode(key, { onAnswer, onNodes });
  });
  checkAnswered(found, nobody);
  const [owner, ...others] = found.nodes.map(placeOf) as [Place, ...Place[]];
  const { nearestHops: hops, overdue: timeouts, tookMs } = found;
  return { owner, others, hops, timeouts, tookMs, path };
}

/** Throws a Failure when nobody was there, or nobody has answered. */
export function checkAnswered({ questions, hops }: Pick<LookupCost, 'questions' | 'hops'>, nobody: () => Failure): void {
  if (questions === 0) throw nobody();
  if (hops > 0) return;
  throw new Failure('timed-out', 'The lookup has found nobody.', 'The nodes that were asked do not answer.', 'Run the same command again.');
}

export function placeOf(contact: Contact): Place {
  return { id: contact.hex, address: formatEndpoint(contact.endpoint) };
}

function factsOf(dht: Kademlia): Fact[] {
  const peers = dht.networks.reduce((sum, network) => sum + network.peers.size, 0);
  const infoHashes = dht.networks.reduce((sum, network) => sum + network.peers.infoHashes, 0);
  const { externalAddress } = dht;
  return [
    {
      label: 'seen at',
      value: externalAddress === null ? 'not known yet' : endpointIp(concatBytes([externalAddress, new Uint8Array(2)])),
    },
    { label: 'torrents', value: infoHashes },
    { label: 'peers', value: peers },
    { label: 'items', value: dht.items.size },
  ];
}

function neighboursOf(dht: Kademlia): Neighbour[] {
  return dht.networks.flatMap(({ table, family }) => {
    const answering = new Set(table.all());
    return [...table.all(true)].map((contact) => ({
      role: answering.has(contact) ? (family === 4 ? 'contact' : 'contact v6') : 'silent',
      ...placeOf(contact),
    }));
  });
}
