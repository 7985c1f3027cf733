import { codecLaws } from '../../../test/codec-laws.ts';
import { broadcastCodec } from './broadcast-messages.ts';
import { cyclonCodec } from './cyclon.ts';
import { rumourCodec } from './rumour-messages.ts';
import { swimCodec } from './swim.ts';

codecLaws(broadcastCodec, (random) => broadcastCodec.random(random));
codecLaws(cyclonCodec, (random) => cyclonCodec.random(random));
codecLaws(rumourCodec, (random) => rumourCodec.random(random));
codecLaws(swimCodec, (random) => swimCodec.random(random));
