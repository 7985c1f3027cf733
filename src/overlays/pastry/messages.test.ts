import { codecLaws } from '../../../test/codec-laws.ts';
import { pastryCodec } from './messages.ts';

codecLaws(pastryCodec, (random) => pastryCodec.random(random));
