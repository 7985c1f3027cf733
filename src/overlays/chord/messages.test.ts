import { codecLaws } from '../../../test/codec-laws.ts';
import { chordCodec } from './messages.ts';

codecLaws(chordCodec, (random) => chordCodec.random(random));
