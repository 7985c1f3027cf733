import { codecLaws } from '../../../test/codec-laws.ts';
import { canCodec } from './messages.ts';

codecLaws(canCodec, (random) => canCodec.random(random));
