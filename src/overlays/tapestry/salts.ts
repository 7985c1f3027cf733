/** Several roots of one name (JSAC 2004, section III-C): it is hashed with small numbers, the same everywhere. Owns no state. */

import { bytesOfId, type Id160, readId } from '../../core/id160.ts';
import { sha1 } from '../../core/sha1.ts';

/** The name itself is the first. */
export function saltedId(name: Id160, salt: number): Id160 {
  return salt === 0 ? name : readId(sha1(Uint8Array.of(...bytesOfId(name), salt)));
}
