/** "Connect to me, and I shall ask you for that file": for a holder whom nobody can dial. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Endpoint } from '../../core/host.ts';
import { GUID_BYTES, type Guid, readGuid, writeGuid } from './guid.ts';
import { readEndpointLittle, readU32Little, writeEndpointLittle, writeU32Little } from '../../wire/little-endian.ts';

export interface Push {
  readonly servent: Guid;
  readonly index: number;
  readonly endpoint: Endpoint;
}

const PUSH_BYTES = GUID_BYTES + 10;

export const pushCodec: Codec<Push> = {
  name: 'gnutella push',
  size: () => PUSH_BYTES,
  encode({ servent, index, endpoint }, into, offset) {
    return writeEndpointLittle(into, writeU32Little(into, writeGuid(servent, into, offset), index), endpoint);
  },
  /** What follows are extensions that change nothing for us. */
  decode(bytes, start, end) {
    if (end - start < PUSH_BYTES) throw new MalformedMessage(`a push of ${PUSH_BYTES} bytes expected, got ${end - start}`);
    return {
      servent: readGuid(bytes, start),
      index: readU32Little(bytes, start + GUID_BYTES),
      endpoint: readEndpointLittle(bytes, start + GUID_BYTES + 4),
    };
  },
};
