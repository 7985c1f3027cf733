/** What a node answers to those who ask, members and strangers, but for what members of all overlays are asked. Owns no state. */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import type { Peer } from '../../core/host.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import { gone, pong } from '../../core/who.ts';
import type { QuestionOf } from '../values/index.ts';
import * as messages from './messages.ts';
import type { TapestryMessage } from './messages.ts';
import type { Tapestry } from './tapestry.ts';

const NONE: readonly Contact[] = [];

type Question = QuestionOf<TapestryMessage>;

export function answerTo(node: Tapestry, from: Peer, message: Question): void {
  const { transaction } = message;
  switch (message.tag) {
    case messages.probe.tag:
      node.answer(from, { tag: pong.tag, transaction, member: node.isMember, self: node.self });
      if (message.linked && node.speaksForItself(from, message.sender)) beacon(node, message.sender);
      return;
    case messages.greet.tag:
      if (!isInside(node)) break;
      node.answer(from, { tag: messages.greeted.tag, transaction });
      if (node.speaksForItself(from, message.sender)) node.suggest([message.sender, ...message.named], true);
      return;
    case messages.spread.tag:
      // From somebody that has a link to us, and so a backpointer here: nobody else begins a multicast in the middle.
      if (!isInside(node) || !isNeighbour(node, from)) break;
      node.multicasts.onSpread(from, message);
      return;
    case messages.deposit.tag:
      if (!isInside(node)) break;
      node.answer(from, { tag: messages.deposited.tag, transaction, taken: deposit(node, from, message) });
      return;
    case messages.has.tag:
      node.answer(from, { tag: messages.serves.tag, transaction, here: node.isMember && node.objects.has(message.name) });
      return;
    default:
      if (!node.isMember) break;
      asMember(node, from, message);
      return;
  }
  node.answer(from, { tag: gone.tag, transaction });
}

type AnybodysQuestion = MessageOf<
  typeof messages.probe | typeof messages.greet | typeof messages.spread | typeof messages.has | typeof messages.deposit
>;
type MemberQuestion = Exclude<Question, AnybodysQuestion>;

/** The rest is for members alone. */
function asMember(node: Tapestry, from: Peer, message: MemberQuestion): void {
  const { transaction } = message;
  switch (message.tag) {
    case messages.find.tag:
      node.answer(from, found(node, message));
      for (const dead of message.dead) suspectOf(node, dead);
      return;
    case messages.getLevel.tag:
      node.answer(from, { tag: messages.links.tag, transaction, contacts: linksOf(node, message.level, message.back) });
      return;
    case messages.insert.tag:
      if (node.speaksForItself(from, message.newcomer)) node.multicasts.onInsert(from, message);
      else node.answer(from, { tag: gone.tag, transaction });
      return;
  }
}

function found(node: Tapestry, message: MessageOf<typeof messages.find>): MessageOf<typeof messages.found> {
  const { transaction, target, passed, dead, objects, near } = message;
  const { level, root, contacts } = node.route(target, message.level, dead.length === 0 ? passed : [...passed, ...dead]);
  return {
    tag: messages.found.tag,
    transaction,
    level,
    root,
    contacts,
    servers: objects ? node.pointers.serversOf(target) : NONE,
    near: node.nearest(Math.min(near, messages.NEAR_MAX)),
  };
}

/** Others give pointers on, so that they are taken from anybody: who follows one asks the server. Only the server takes one back. */
function deposit(node: Tapestry, from: Peer, { name, server, rttMs, lifeMs }: MessageOf<typeof messages.deposit>): boolean {
  if (lifeMs > 0) return node.isRightful(server) && node.pointers.take(name, server, rttMs, lifeMs);
  const isOwn = node.speaksForItself(from, server);
  if (isOwn) node.pointers.remove(name, server);
  return isOwn;
}

function linksOf(node: Tapestry, level: number, back: boolean): Contact[] {
  const contacts = node.map.level(level).map(({ contact }) => contact);
  if (!back) return contacts.slice(0, messages.LEVEL_MAX);
  const named = new Map<string, Contact>();
  const { digitBits } = node.options;
  const others = [...node.map.from(level + 1).map(({ contact }) => contact), ...node.backpointers.from(level)];
  // Who shares more digits than the level has comes last: there are few, and they are known in other ways.
  others.sort((a, b) => sharedDigits(node.self, a, digitBits) - sharedDigits(node.self, b, digitBits));
  for (const contact of [...contacts, ...others]) named.set(mapKeyOf(contact), contact);
  return [...named.values()].slice(0, messages.LEVEL_MAX);
}

function beacon(node: Tapestry, sender: Contact): void {
  const isNew = !node.backpointers.has(sender);
  node.backpointers.heard(sender, node.host.now());
  if (isNew) node.suggest([sender], false);
}

/** In the network, or on the way in: it hears of other newcomers. */
function isInside(node: Tapestry): boolean {
  return node.isMember || node.status === 'joining';
}

function isNeighbour(node: Tapestry, peer: Peer): boolean {
  const isIt = (contact: Contact): boolean => node.host.peer(contact.endpoint) === peer;
  return node.status === 'joining' || node.backpointers.all().some(isIt) || node.map.all().some(({ contact }) => isIt(contact));
}

/** Somebody's lookup met silence: whether that is so we see for ourselves, and only of those to whom we have links. */
function suspectOf(node: Tapestry, id: Parameters<Tapestry['map']['get']>[0]): void {
  const known = node.map.get(id);
  if (known !== null && !equalIds(known.contact, node.self)) node.suspect(known.contact);
}
