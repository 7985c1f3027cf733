/** A lookup of a key that tells its way: to the owner of its first point. Owns no state. */

import type { Id160 } from '../../core/id160.ts';
import type { Hop, OwnersHandler } from '../values/index.ts';
import type { Seeker } from './asker.ts';
import { Find, type PointFound } from './find.ts';
import { placeOfKey } from './find-owners.ts';

/** `any`: the first point may be found in whichever reality is nearest. */
export function traceKey(seeker: Seeker, key: Id160, handler: OwnersHandler, any = false): void {
  const path: Hop[] = [];
  const { unit, point } = placeOfKey(key, 0, seeker.asker.options);
  const onPoint = ({ owners, hops, timeouts, tookMs }: PointFound): void =>
    handler.onFind({ target: key, owners, hops, timeouts, tookMs, path });
  new Find(seeker, point, { unit, any, path }, { onPoint }).start();
}
