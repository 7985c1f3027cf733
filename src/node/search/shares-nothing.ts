/** What a command shares that only searches. Owns no state. */

import { ListedFiles } from '../../wire/listed-files.ts';
import type { SharedContent } from '../files/library-content.ts';

export const SHARES_NOTHING: SharedContent = Object.assign(new ListedFiles([]), { placeOf: () => null, tigerPartsOf: () => null });
