/** What can be asked of a running overlay node through its control socket, from both sides. Owns no state. */

import { bytesOfHex, hexOf } from '../core/hex.ts';
import { askControl, fieldOf } from './control/ask-control.ts';
import { type ControlHandler, isObject, type JsonObject } from './control/control-connection.ts';
import { Failure } from './failure.ts';
import {
  type Accessed,
  KEY_BYTES,
  type Located,
  type OverlayAccess,
  type OverlayNode,
  type OverlayStatus,
  type PathStep,
} from './overlay.ts';

/** The name of the control socket of an overlay node. */
export function controlName(overlay: string, name: string): string {
  return `dht-${overlay}-${name}`;
}

/** Answers for a node, once it is open; `leave` is called when somebody wants it to go, and says whether all keys were taken. */
export function overlayControl(opened: Promise<OverlayNode>, leave: () => Promise<boolean>): ControlHandler {
  return async (question) => {
    const node = await opened;
    switch (question.command) {
      case 'put':
        return accessedFields(await node.put(keyOf(question), bytesOf(question, 'value')));
      case 'get':
        return accessedFields(await node.get(keyOf(question)));
      case 'remove':
        return accessedFields(await node.remove(keyOf(question)));
      case 'lookup':
        return { located: await node.lookup(keyOf(question)) };
      case 'status':
        return { status: node.inspect() };
      case 'leave':
        return { handedOver: await leave() };
      default:
        return node.more(question);
    }
  };
}

/** A running node as seen from a command. */
export class RemoteOverlay implements OverlayAccess {
  readonly #folder: string;
  readonly #name: string;
  readonly #absent: () => Failure;
  readonly #signal: AbortSignal;

  /** `absent` is thrown when no such node runs. */
  constructor(folder: string, name: string, absent: () => Failure, signal: AbortSignal) {
    this.#folder = folder;
    this.#name = name;
    this.#absent = absent;
    this.#signal = signal;
  }

  /** Whether such a node is there at all. */
  async runs(): Promise<boolean> {
    return (await askControl(this.#folder, this.#name, { command: 'status' }, this.#signal)) !== null;
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<Accessed> {
    return accessedOf(await this.#ask({ command: 'put', key: hexOf(key), value: base64(value) }));
  }

  async get(key: Uint8Array): Promise<Accessed> {
    return accessedOf(await this.#ask({ command: 'get', key: hexOf(key) }));
  }

  async remove(key: Uint8Array): Promise<Accessed> {
    return accessedOf(await this.#ask({ command: 'remove', key: hexOf(key) }));
  }

  async lookup(key: Uint8Array): Promise<Located> {
    return fieldOf(await this.#ask({ command: 'lookup', key: hexOf(key) }), 'located', isLocated);
  }

  more(question: JsonObject): Promise<JsonObject> {
    return this.#ask(question);
  }

  async status(): Promise<OverlayStatus> {
    return fieldOf(await this.#ask({ command: 'status' }), 'status', isStatus);
  }

  /** True when all keys were taken by others. */
  async leave(): Promise<boolean> {
    return fieldOf(await this.#ask({ command: 'leave' }), 'handedOver', (value) => typeof value === 'boolean');
  }

  async #ask(question: JsonObject): Promise<JsonObject> {
    const answer = await askControl(this.#folder, this.#name, question, this.#signal);
    if (answer === null) throw this.#absent();
    return answer;
  }
}

function accessedFields({ value, owners, replicas, hops, tookMs }: Accessed): JsonObject {
  return { value: value === null ? null : base64(value), owners, replicas, hops, tookMs };
}

function accessedOf(answer: JsonObject): Accessed {
  const value = fieldOf(answer, 'value', (field) => field === null || typeof field === 'string');
  const [owners, replicas, hops, tookMs] = ['owners', 'replicas', 'hops', 'tookMs'].map((name) => fieldOf(answer, name, isNumber));
  return { value: value === null ? null : Buffer.from(value, 'base64'), owners, replicas, hops, tookMs } as Accessed;
}

function keyOf(question: JsonObject): Uint8Array {
  const key = typeof question.key === 'string' ? bytesOfHex(question.key) : null;
  if (key?.length === KEY_BYTES) return key;
  throw new Failure('usage', 'That is no key.', `Expected ${2 * KEY_BYTES} hexadecimal digits.`, '');
}

function bytesOf(question: JsonObject, name: string): Uint8Array {
  const text = question[name];
  if (typeof text === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  throw new Failure('usage', `That is no ${name}.`, 'Expected bytes in base64.', '');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

// The node that answers belongs to the same user and is of the same version: what could be missing is looked at, not every leaf.

function isLocated(value: unknown): value is Located {
  return (
    isObject(value) &&
    isPlace(value.owner) &&
    isPlaces(value.others) &&
    [value.hops, value.timeouts, value.tookMs].every(isNumber) &&
    isPath(value.path)
  );
}

function isPlaces(value: unknown): boolean {
  return Array.isArray(value) && value.every(isPlace);
}

function isPath(value: unknown): value is readonly PathStep[] {
  return Array.isArray(value) && value.every((step) => isPlace(step) && typeof step.outcome === 'string' && isNumber(step.hops));
}

function isStatus(value: unknown): value is OverlayStatus {
  return (
    isObject(value) &&
    typeof value.address === 'string' &&
    isNumber(value.keys) &&
    Array.isArray(value.points) &&
    Array.isArray(value.facts) &&
    isObject(value.datagrams)
  );
}

function isPlace(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.id === 'string' && typeof value.address === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
