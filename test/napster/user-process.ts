/** A user of Napster as a process of its own: told by lines of JSON what to do, and answers likewise. It ends when its standard input does. */

import { createInterface } from 'node:readline';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import type { Question, UserPlan } from './user-processes.ts';
import { SocketUser } from './socket-user.ts';
import { sharedFile } from './worlds.ts';

const plan = JSON.parse(process.argv[2] as string) as UserPlan;
const files = plan.files.map(({ id, name, bytes }) => sharedFile(id, name, { bytes }));
const servers = plan.servers.map((server) => parseEndpoint(server) as Endpoint);
const user = await SocketUser.open({ nick: plan.nick, dataPort: plan.firewalled ? 0 : null, uploadSlots: plan.slots }, files, servers);

function answer(number: number, result: unknown): void {
  process.stdout.write(`${JSON.stringify({ number, result })}\n`);
}

async function onQuestion({ number, ask }: Question): Promise<void> {
  switch (ask.kind) {
    case 'state':
      return answer(number, { online: user.client.isOnline, complete: user.client.shares.isComplete, sent: user.client.uploads.done });
    case 'search':
      return answer(number, await user.search(ask.words));
    default:
      return answer(
        number,
        await user.get(ask.file, ask.holders).then(
          () => 'right',
          (error: unknown) => (error as Error).message,
        ),
      );
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => void onQuestion(JSON.parse(line) as Question))
  .on('close', () => process.exit());
