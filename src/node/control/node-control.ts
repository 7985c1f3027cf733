/** What can be asked of a running node through its control socket, on the side of the node. Owns no state. */

import type { MetainfoVersion } from '../../transfer/bittorrent/metainfo.ts';
import type { ControlHandler, JsonObject } from './control-connection.ts';
import { Failure } from '../failure.ts';
import type { AddOptions, NodeOperations, QueueMove, ShareOptions, TransferChanges } from '../node-operations.ts';
import type { FilePriority } from '../node-view.ts';
import { searchNetworksOf } from '../search/networks.ts';
import { isMediaKind, MEDIA_KINDS, type SearchAsk } from '../search/search-wish.ts';
import { isSettingKey, type SettingKey } from '../settings/setting-list.ts';
import type { SearchNetworkName } from '../../wire/search-hit.ts';

/** The name of the control socket; there is one node a user. */
export const NODE_NAME = 'node';

/** Answers once the node is open. */
export function nodeControl(opened: Promise<NodeOperations>): ControlHandler {
  return async (question, signal) => {
    const node = await opened;
    const command = COMMANDS[typeof question.command === 'string' ? question.command : ''];
    if (command !== undefined) return command(node, new Question(question), signal);
    throw new Failure(
      'usage',
      'The running node does not know that command.',
      'It may be older than this kith.',
      'Stop it and start it again: kith down',
    );
  };
}

type Command = (node: NodeOperations, question: Question, signal: AbortSignal) => Promise<JsonObject | AsyncIterable<JsonObject>>;

/** A null prototype: what is asked for by name is none of Object's own. */
const COMMANDS: Readonly<Record<string, Command>> = Object.assign(Object.create(null) as Record<string, Command>, {
  status: async (node) => ({ status: await node.status() }),
  list: async (node) => ({ transfers: await node.list() }),
  info: async (node, question) => ({ transfer: await node.info(question.text('infoHash')) }),
  add: async (node, question) => ({ ...(await node.add({ link: question.text('link') }, addOptions(question))) }),
  share: async (node, question) => ({ ...(await node.share(question.texts('paths'), shareOptions(question))) }),
  pause: async (node, question) => ({ transfer: await node.pause(question.text('infoHash')) }),
  resume: async (node, question) => ({ transfer: await node.resume(question.text('infoHash')) }),
  verify: async (node, question) => ({ transfer: await node.verify(question.text('infoHash')) }),
  reannounce: async (node, question) => ({ transfer: await node.reannounce(question.text('infoHash')) }),
  remove: async (node, question) => {
    await node.remove(question.text('infoHash'), question.flag('data') === true);
    return {};
  },
  change: async (node, question) => ({ transfer: await node.change(question.text('infoHash'), changes(question)) }),
  prioritize: async (node, question) => {
    const { priority } = question.fields;
    if (!isPriority(priority)) throw strange('priority', 'skip, low, normal or high');
    return { transfer: await node.prioritize(question.text('infoHash'), question.numbers('files'), priority) };
  },
  move: async (node, question) => ({ transfer: await node.move(question.text('infoHash'), question.text('folder')) }),
  reorder: async (node, question) => {
    const { to } = question.fields;
    if (!isQueueMove(to)) throw strange('to', 'top, up, down, bottom or a place');
    return { transfer: await node.reorder(question.text('infoHash'), to) };
  },
  settings: async (node) => ({ settings: await node.settings() }),
  set: async (node, question) => ({
    setting: await node.set(keyOf(question), question.text('value'), question.flag('lasting') === true),
  }),
  events: async (node, question, signal) => {
    const after = question.number('after');
    return node.events({ ...(after !== undefined && { after }), progressMs: question.number('progressMs') ?? 0, signal });
  },
  networks: async (node) => ({ networks: await node.search.networks() }),
  searches: async (node) => ({ searches: await node.search.list() }),
  search: async (node, question) => ({ search: await node.search.start(searchAsk(question)) }),
  searchChanges: async (node, question) => ({
    change: await node.search.changes(question.count('id'), question.number('after') ?? 0),
  }),
  followSearch: async (node, question, signal) => changesOf(node, question.count('id'), question.number('after') ?? 0, signal),
  searchRow: async (node, question) => ({ row: await node.search.row(question.count('id'), question.count('number')) }),
  stopSearch: async (node, question) => ({ search: await node.search.stop(question.count('id')) }),
  getFile: async (node, question) => ({
    fetch: await node.search.get({ link: question.text('link') }, question.optionalText('folder') ?? null),
  }),
  fetches: async (node) => ({ fetches: await node.search.fetches() }),
  fetch: async (node, question) => ({ fetch: await node.search.fetch(question.count('id')) }),
  pauseFetch: async (node, question) => ({ fetch: await node.search.pauseFetch(question.count('id')) }),
  resumeFetch: async (node, question) => ({ fetch: await node.search.resumeFetch(question.count('id')) }),
  removeFetch: async (node, question) => {
    await node.search.removeFetch(question.count('id'), question.flag('data') === true);
    return {};
  },
  pages: async (node) => ({ link: await node.pagesLink() }),
  stop: async (node) => {
    await node.stop();
    return {};
  },
} satisfies Record<string, Command>);

async function* changesOf(node: NodeOperations, id: number, after: number, signal: AbortSignal): AsyncGenerator<JsonObject> {
  for await (const change of node.search.follow(id, after, signal)) yield { change };
}

function searchAsk(question: Question): SearchAsk {
  const { kind } = question.fields;
  if (kind !== undefined && !isMediaKind(kind)) throw strange('kind', MEDIA_KINDS.join(', '));
  return {
    words: question.text('words'),
    ...question.some('urns', question.optionalTexts('urns')),
    ...question.some('browse', question.optionalTexts('browse')),
    ...question.some('kind', kind),
    ...question.some('bytesMin', question.number('bytesMin')),
    ...question.some('bytesMax', question.number('bytesMax')),
    ...question.some('bitRateMin', question.number('bitRateMin')),
    ...question.some('bitRateMax', question.number('bitRateMax')),
    ...question.some('networks', networkNames(question)),
    ...question.some('waitMs', question.number('waitMs')),
    ...question.some('enough', question.number('enough')),
  };
}

function networkNames(question: Question): readonly SearchNetworkName[] | undefined {
  const names = question.optionalTexts('networks');
  return names === undefined ? undefined : searchNetworksOf(names.join(',')).map(({ name }) => name);
}

function addOptions(question: Question): AddOptions {
  return {
    ...changes(question),
    ...question.some('folder', question.optionalText('folder')),
    ...question.some('completedFolder', question.optionalText('completedFolder')),
    ...question.some('only', question.fields.only === undefined ? undefined : question.numbers('only')),
    ...question.some('trackers', question.optionalTexts('trackers')),
    ...question.some('peers', question.optionalTexts('peers')),
    ...question.some('webSeeds', question.optionalTexts('webSeeds')),
    ...question.some('paused', question.flag('paused')),
    ...question.some('overwrite', question.flag('overwrite')),
  };
}

function shareOptions(question: Question): ShareOptions {
  const { version } = question.fields;
  return {
    ...question.some('name', question.optionalText('name')),
    ...question.some('version', isVersion(version) ? version : undefined),
    ...question.some('pieceBytes', question.number('pieceBytes')),
    ...question.some('private', question.flag('private')),
    ...question.some('labels', question.optionalTexts('labels')),
  };
}

function changes(question: Question): TransferChanges {
  return {
    ...question.some('labels', question.optionalTexts('labels')),
    ...question.some('sequential', question.flag('sequential')),
    ...question.some('uploadRateMax', question.number('uploadRateMax')),
    ...question.some('downloadRateMax', question.number('downloadRateMax')),
    ...question.some('seedRatio', question.fields.seedRatio === null ? null : question.number('seedRatio')),
    ...question.some('seedMinutes', question.fields.seedMinutes === null ? null : question.number('seedMinutes')),
  };
}

function keyOf(question: Question): SettingKey {
  const key = question.text('key');
  if (isSettingKey(key)) return key;
  throw new Failure('usage', `There is no setting ${key}.`, '', 'All of them: kith config get');
}

function isVersion(value: unknown): value is MetainfoVersion {
  return value === 1 || value === 2 || value === 'hybrid';
}

function isPriority(value: unknown): value is FilePriority {
  return value === 'skip' || value === 'low' || value === 'normal' || value === 'high';
}

function isQueueMove(value: unknown): value is QueueMove {
  return value === 'top' || value === 'up' || value === 'down' || value === 'bottom' || Number.isSafeInteger(value);
}

/** The fields of a question, each looked at for its type; values are checked by the node. Throws usage Failures. */
class Question {
  readonly fields: JsonObject;

  constructor(fields: JsonObject) {
    this.fields = fields;
  }

  /** A field that may be absent: then it is no field at all. */
  some<K extends string, T>(name: K, value: T | undefined): Partial<Record<K, T>> {
    return value === undefined ? {} : ({ [name]: value } as Record<K, T>);
  }

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value === 'string') return value;
    throw strange(name, 'a text');
  }

  optionalText(name: string): string | undefined {
    return this.fields[name] === undefined || this.fields[name] === null ? undefined : this.text(name);
  }

  texts(name: string): readonly string[] {
    const value = this.fields[name];
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    throw strange(name, 'a list of texts');
  }

  optionalTexts(name: string): readonly string[] | undefined {
    return this.fields[name] === undefined ? undefined : this.texts(name);
  }

  /** From 0 on, and needed. */
  count(name: string): number {
    const value = this.fields[name];
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw strange(name, 'a whole number');
  }

  number(name: string): number | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw strange(name, 'a number');
  }

  numbers(name: string): readonly number[] {
    const value = this.fields[name];
    if (Array.isArray(value) && value.every((each) => Number.isSafeInteger(each))) return value as number[];
    throw strange(name, 'a list of whole numbers');
  }

  flag(name: string): boolean | undefined {
    const value = this.fields[name];
    if (value === undefined || typeof value === 'boolean') return value;
    throw strange(name, 'true or false');
  }
}

function strange(name: string, expected: string): Failure {
  return new Failure('usage', `That is no ${name}.`, `Expected ${expected}.`, '');
}
