import { codecLaws } from '../../test/codec-laws.ts';
import { RawBytes, rawBytes } from './raw-bytes.ts';

codecLaws(rawBytes, (random) => new RawBytes(random.fill(new Uint8Array(random.below(600)))));
