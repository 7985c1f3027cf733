import { codecLaws } from '../../../test/codec-laws.ts';
import { tapestryCodec } from './messages.ts';

codecLaws(tapestryCodec, (random) => tapestryCodec.random(random));
