/** What the package.json of this kith says of it. Owns no state. */

import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
  readonly license: string;
}

// Our own file, as deep below the root in `dist/` as here.
export const OWN_PACKAGE = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Package;
