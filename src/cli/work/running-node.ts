/** The node that runs for this user, as commands ask it; owns the time that an answer may take. */

import { Failure } from '../../node/failure.ts';
import type { TransferView } from '../../node/node-view.ts';
import { pickTransfers } from '../../node/transfers/pick-transfers.ts';
import { RemoteNode } from '../../node/control/remote-node.ts';
import type { SettingKey } from '../../node/settings/setting-list.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';

/** What is answered at once is answered by then, also by a busy node. */
const ANSWER_MS_MAX = 20_000;

/** The node, or null when none runs. `patientSignal`: for work that takes its time. */
export function findNode(call: Call, patientSignal: AbortSignal | null = null): Promise<RemoteNode | null> {
  return RemoteNode.find(call.settings.folders.runtime, patientSignal ?? deadline());
}

/** Throws a Failure when none runs: exit code 5. */
export async function needNode(call: Call, patientSignal: AbortSignal | null = null): Promise<RemoteNode> {
  const node = await findNode(call, patientSignal);
  if (node !== null) return node;
  throw new Failure('unreachable', 'The node is not running.', '', `Start it: ${programWord()} up`);
}

/** A setting of the user's file has changed: the node that runs takes it over at once, if it can. */
export async function tellNode(call: Call, key: SettingKey, value: string): Promise<void> {
  const node = await findNode(call);
  if (node === null) return;
  const { atOnce } = (await node.settings()).find((setting) => setting.key === key) ?? { atOnce: false };
  if (atOnce) await node.set(key, value, false);
  call.console.say(atOnce ? 'The running node keeps to it from now on.' : 'The running node will know it when it is started again.');
}

/** Those that the words mean, or all. */
export async function chosen(node: RemoteNode, words: readonly string[], all: boolean): Promise<readonly TransferView[]> {
  if (words.length === 0 && !all) {
    throw new Failure('usage', 'Which transfer?', '', 'Name one by its number, its name, or the beginning of its hash; or say --all.');
  }
  const transfers = await node.list();
  return all ? transfers : pickTransfers(transfers, words);
}

function deadline(): AbortSignal {
  const late = new AbortController();
  setTimeout(() => {
    const why = `There was no answer within ${ANSWER_MS_MAX / 1000} s.`;
    late.abort(new Failure('timed-out', 'The node does not answer.', why, 'See whether it is stopped or very busy: kith status'));
  }, ANSWER_MS_MAX).unref();
  return late.signal;
}
