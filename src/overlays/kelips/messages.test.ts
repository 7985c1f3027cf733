import { codecLaws } from '../../../test/codec-laws.ts';
import { kelipsCodec } from './messages.ts';

codecLaws(kelipsCodec, (random) => kelipsCodec.random(random));
