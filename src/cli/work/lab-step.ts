/** The work of `kith lab step`: one lookup, hop by hop, with the reason of each; owns the world it makes. */

import { createInterface } from 'node:readline';
import { Random } from '../../core/random.ts';
import { hexOf } from '../../core/hex.ts';
import { sha1 } from '../../core/sha1.ts';
import { specComplaint } from '../../lab/check-spec.ts';
import type { OverlayNetwork, Step } from '../../lab/overlay-model.ts';
import { OverlayRun } from '../../lab/overlay-run.ts';
import { RUN_DEFAULTS, type RunSpec } from '../../lab/run-spec.ts';
import { Failure } from '../../node/failure.ts';
import { plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { checkSystem } from './lab-sweep.ts';

/** Digits of an id that tell nodes apart for the eye. */
const ID_DIGITS = 10;

export interface StepOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly key: string;
  readonly from?: number;
}

export async function step(call: Call, system: string, options: StepOptions): Promise<void> {
  const { console } = call;
  const { nodes, seed } = options;
  checkSystem(system);
  const spec: RunSpec = { ...RUN_DEFAULTS, system, nodes, workload: { kind: 'keys', keys: 0 } };
  const complaint = specComplaint(spec);
  if (complaint !== null) throw new Failure('usage', 'There is no such network.', `${complaint}.`, 'Correct --nodes.');
  const run = new OverlayRun(spec, seed);
  run.begin();
  const from = startOf(run.network, options);
  const key = sha1(new TextEncoder().encode(options.key));
  const steps = run.network.walk(from, key);
  console.document({ system, nodes, seed, key: hexOf(key), text: options.key, from, owner: run.network.ownerOf(key), steps });
  if (console.json) return;
  console.result(
    `${system} with ${plural(nodes, 'node')}, seed ${seed}: from node ${from} to the key of "${options.key}", ${short(hexOf(key))}`,
  );
  const one = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (one) await showOneByOne(call, steps);
  else for (const [index, each] of steps.entries()) for (const line of stepLines(index, each)) console.result(line);
}

function startOf(network: OverlayNetwork, { from, seed }: StepOptions): number {
  const { live } = network;
  if (from === undefined) return live[new Random(seed).below(live.length)] as number;
  if (live.includes(from)) return from;
  throw new Failure('usage', `There is no node ${from}.`, `They are numbered from 0 to ${live.length - 1}.`, 'Correct --from.');
}

/** Enter shows the next; q or the end of the input stops. */
async function showOneByOne({ console, interruption }: Call, steps: readonly Step[]): Promise<void> {
  const keyboard = createInterface({ input: process.stdin, output: process.stderr });
  interruption.signal.addEventListener('abort', () => keyboard.close(), { once: true });
  keyboard.on('SIGINT', () => keyboard.close());
  const typed = keyboard[Symbol.asyncIterator]();
  for (const [index, each] of steps.entries()) {
    for (const line of stepLines(index, each)) console.result(line);
    if (index === steps.length - 1) break;
    keyboard.setPrompt(console.dim('Enter: the next hop   q: stop '));
    keyboard.prompt();
    const { done, value } = await typed.next();
    if (done === true || value.trim().toLowerCase() === 'q') break;
  }
  keyboard.close();
}

function stepLines(index: number, { node, id, distance, why, others }: Step): string[] {
  return [
    '',
    `${index}  node ${node} (${short(id)}), ${distance}`,
    `   ${why}`,
    ...others.map((other) => `   it also knows ${short(other.id)}, ${other.what}: ${other.distance}`),
  ];
}

function short(id: string): string {
  return id.length <= ID_DIGITS ? id : `${id.slice(0, ID_DIGITS)}…`;
}
