/** The work of `kith pages`: asks the running node for a link. Owns no state. */

import { Failure } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { findNode } from './running-node.ts';

export async function printPagesLink(call: Call): Promise<void> {
  const { console } = call;
  const node = await findNode(call);
  if (node === null) throw new Failure('not-found', 'The node is not running.', 'It has the pages.', `Start it: ${programWord()} up`);
  const link = await node.pagesLink();
  if (link === null) throw new Failure('denied', 'The node has no web interface.', 'api.use is off.', 'Start it without --no-api.');
  console.document({ link });
  console.result(link);
}
