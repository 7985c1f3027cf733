/** The schema of pieces, of a transfer or of a file that is fetched by its hashes. Owns no state. */

import { z } from 'zod';
import type { PiecesView } from '../node-view.ts';
import { viewSchema } from './schema-book.ts';

const count = z.int().nonnegative();
const text = z.string();

export const pieces = viewSchema<PiecesView>()(
  'Pieces',
  z.object({
    count,
    bytes: count,
    have: count,
    bits: text.describe('a bit a piece, in base64'),
    availability: text.nullable().describe('a byte a piece, in base64'),
  }),
);
