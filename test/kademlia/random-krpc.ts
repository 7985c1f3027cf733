/** Random KRPC messages of every kind, for the codec's laws. */

import type { Endpoint } from '../../src/core/host.ts';
import type { Random } from '../../src/core/random.ts';
import { Contact } from '../../src/overlays/kademlia/contact.ts';
import type { ItemFields, KrpcMessage, MutableFields } from '../../src/overlays/kademlia/krpc-messages.ts';
import { randomId } from '../../src/overlays/kademlia/node-id.ts';

const METHODS = ['ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'sample_infohashes', 'unknown', 'invalid'] as const;
const VALUES = ['i-42e', '0:', '5:hello', 'l1:a2:bbe', 'd1:ai1e1:blee', 'd2:ih20:aaaaaaaaaaaaaaaaaaaae'];

export function randomKrpc(random: Random): KrpcMessage {
  const transaction = text(random, random.chance(0.8) ? 2 : random.below(20));
  const version = random.chance(0.5) ? 'KT01' : '';
  const draw = random.below(8);
  if (draw === 0) {
    const code = 201 + random.below(120);
    return { kind: 'error', transaction, version, ip: maybe(random, () => endpoint(random)), code, text: text(random, random.below(40)) };
  }
  if (draw < 4) return reply(random, transaction, version);
  return query(random, transaction, version);
}

function query(random: Random, transaction: string, version: string): KrpcMessage {
  const id = randomId(random);
  const target = randomId(random);
  const want = random.below(4);
  const readOnly = random.chance(0.2);
  const head = { kind: 'query', transaction, version, readOnly, id } as const;
  const method = METHODS[random.below(METHODS.length)] as (typeof METHODS)[number];
  switch (method) {
    case 'ping':
      return { ...head, method };
    case 'find_node':
    case 'sample_infohashes':
      return { ...head, method, target, want };
    case 'get_peers':
      return { ...head, method, target, want, noseed: random.chance(0.5), scrape: random.chance(0.5) };
    case 'announce_peer': {
      const impliedPort = random.chance(0.5);
      const port = impliedPort && random.chance(0.5) ? 0 : 1 + random.below(65_535);
      return { ...head, method, target, port, impliedPort, seed: random.chance(0.5), token: text(random, random.below(20)) };
    }
    case 'get':
      return { ...head, method, target, want, seq: maybe(random, () => int64(random)) };
    case 'put':
      return { ...head, method, token: text(random, 8), value: value(random), mutable: maybe(random, () => mutable(random)) };
    case 'unknown': {
      const toward = maybe(random, () => target);
      return { ...head, method, name: `new_${random.below(99)}`, target: toward, want: toward === null ? 0 : want };
    }
    case 'invalid':
      return { kind: 'query', method, transaction, version, readOnly, name: text(random, random.below(12)) };
  }
}

function reply(random: Random, transaction: string, version: string): KrpcMessage {
  const values = random.chance(0.3) ? random.fill(new Uint8Array(6 * random.below(50))) : null;
  const values6 = random.chance(0.2) ? random.fill(new Uint8Array(18 * (1 + random.below(20)))) : null;
  return {
    kind: 'reply',
    transaction,
    version,
    id: randomId(random),
    ip: maybe(random, () => endpoint(random)),
    nodes: maybe(random, () => Array.from({ length: random.below(9) }, () => contact(random, 6))),
    nodes6: maybe(random, () => Array.from({ length: random.below(9) }, () => contact(random, 18))),
    token: maybe(random, () => text(random, random.below(20))),
    // A list of IPv6 alone has none of IPv4, not an empty row of them.
    values: values6 !== null && values?.length === 0 ? null : values,
    values6,
    scrape: random.chance(0.2) ? { seeds: random.fill(new Uint8Array(256)), peers: random.fill(new Uint8Array(256)) } : null,
    item: random.chance(0.3) ? item(random) : null,
    samples: random.chance(0.2)
      ? {
          intervalSeconds: random.below(21_601),
          total: random.below(100_000),
          infoHashes: random.fill(new Uint8Array(20 * random.below(20))),
        }
      : null,
  };
}

function item(random: Random): ItemFields {
  if (random.chance(0.3)) return { value: value(random), key: null, seq: null, signature: null };
  if (random.chance(0.3)) return { value: null, key: null, seq: int64(random), signature: null };
  const { key, seq, signature } = mutable(random);
  return { value: value(random), key, seq, signature };
}

function mutable(random: Random): MutableFields {
  return {
    key: random.fill(new Uint8Array(32)),
    salt: text(random, random.below(65)),
    seq: int64(random),
    signature: random.fill(new Uint8Array(64)),
    cas: maybe(random, () => int64(random)),
  };
}

function int64(random: Random): bigint {
  return random.chance(0.2) ? 0x7fff_ffff_ffff_ffffn : BigInt(random.below(1 << 30)) * (random.chance(0.5) ? 1n : 0x1_0000_0000n);
}

function value(random: Random): Uint8Array {
  const source = VALUES[random.below(VALUES.length)] as string;
  return Uint8Array.from(source, (letter) => letter.charCodeAt(0));
}

function contact(random: Random, bytes: number): Contact {
  return new Contact(randomId(random), random.fill(new Uint8Array(bytes)));
}

function endpoint(random: Random): Endpoint {
  return random.fill(new Uint8Array(random.chance(0.5) ? 6 : 18));
}

function text(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(random.below(256))).join('');
}

function maybe<T>(random: Random, make: () => T): T | null {
  return random.chance(0.5) ? make() : null;
}
