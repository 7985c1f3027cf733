/** What is read of a router's XML, real and hostile: never more than it is worth, and never an address elsewhere. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { mutate } from '../../../test/mutate.ts';
import { Random } from '../../core/random.ts';
import { ANSWER_BYTES_MAX } from './bounded-request.ts';
import { GatewayRefusal } from './gateway.ts';
import { actionResult, actionText, mappingServices } from './upnp-xml.ts';

const LOCATION = new URL('http://10.0.0.1:5000/rootDesc.xml');
const service = (type: string, control: string): string =>
  `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><SCPDURL>/s.xml</SCPDURL><controlURL>${control}</controlURL></service>`;
const device = (inside: string): string => `<device><deviceType>x</deviceType>${inside}</device>`;
const description = (services: string, extra = ''): string =>
  `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">${extra}${device(
    `<serviceList>${service('Layer3Forwarding:1', '/l3')}</serviceList><deviceList>${device(
      `<deviceList>${device(`<serviceList>${services}</serviceList>`)}</deviceList>`,
    )}</deviceList>`,
  )}</root>`;
const FAULT =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>' +
  '<detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>718</errorCode><errorDescription>ConflictInMappingEntry</errorDescription></UPnPError>' +
  '</detail></s:Fault></s:Body></s:Envelope>';

test('the services that map ports are found however deep they lie, the best first', () => {
  const found = mappingServices(description(service('WANPPPConnection:1', '/ppp') + service('WANIPConnection:2', 'ip')), LOCATION);
  assert.deepEqual(
    found.map(({ type, controlUrl }) => [type.split(':').at(-2), controlUrl.href]),
    [
      ['WANIPConnection', 'http://10.0.0.1:5000/ip'],
      ['WANPPPConnection', 'http://10.0.0.1:5000/ppp'],
    ],
  );
});

test('a control address on another machine, by another protocol or with a password is no address', () => {
  for (const url of [
    'http://10.0.0.9/c',
    'https://10.0.0.1/c',
    'file:///etc/passwd',
    'http://a:b@10.0.0.1/c',
    '//10.0.0.9/c',
    'javascript:1',
  ]) {
    assert.throws(() => mappingServices(description(service('WANIPConnection:1', url)), LOCATION), GatewayRefusal, url);
  }
  const elsewhere = description(service('WANIPConnection:1', '/c'), '<URLBase>http://10.0.0.9/</URLBase>');
  assert.equal(mappingServices(elsewhere, LOCATION)[0]?.controlUrl.href, 'http://10.0.0.1:5000/c');
});

test('an action has its fields in the order in which they are given, with what XML would take for its own escaped', () => {
  const text = actionText('urn:t', 'Do', { A: 'x<y&z', B: 7 });
  assert.match(text, /<u:Do xmlns:u="urn:t"><A>x&lt;y&amp;z<\/A><B>7<\/B><\/u:Do>/);
});

test('an answer gives its fields as text, a refusal its code', () => {
  const answer =
    '<SOAP-ENV:Envelope><SOAP-ENV:Body><m:DoResponse xmlns:m="urn:t"><A>5.5.5.1</A><B/></m:DoResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>';
  const result = actionResult(answer, 'Do');
  assert.ok(typeof result === 'function');
  assert.deepEqual([result('A'), result('B'), result('C'), result('constructor')], ['5.5.5.1', '', '', '']);
  assert.deepEqual(actionResult(FAULT, 'Do'), { code: 718, description: 'ConflictInMappingEntry' });
});

test('what a router says of itself cannot write control characters to a terminal', () => {
  const fault = actionResult(FAULT.replace('ConflictInMappingEntry', 'a\u001b[2Jb\u202e'), 'Do');
  assert.deepEqual(fault, { code: 718, description: 'a?[2Jb?' });
});

test('the largest answer that is read takes less than half a second, whatever is in it', () => {
  const fill = (pattern: string): string => pattern.repeat(Math.ceil(ANSWER_BYTES_MAX / pattern.length)).slice(0, ANSWER_BYTES_MAX);
  const hostile = [
    ...['<a>', '<', '</a>', '<!--', '<![CDATA[', '<?x', '<!DOCTYPE a [', '&amp;', '<a b="">', '<root><device>', '<a:', '\u0000'].map(fill),
    `<!DOCTYPE a [${fill('<!ENTITY a "&a;&a;">')}]><root>&a;</root>`,
    `<root><device>${fill('<serviceList><service><serviceType>x</serviceType></service></serviceList>')}</device></root>`,
    `<root>${fill('<device><deviceList></deviceList></device>')}</root>`,
    '<__proto__><x>1</x></__proto__>',
    '',
  ];
  for (const xml of hostile) {
    const began = performance.now();
    assert.throws(() => mappingServices(xml, LOCATION), GatewayRefusal);
    assert.throws(() => actionResult(xml, 'Do'), GatewayRefusal);
    assert.ok(performance.now() - began < 500, `${xml.slice(0, 30)}… took ${performance.now() - began} ms`);
  }
});

test(`${FUZZ_INPUTS} mutations of real answers are read or refused, and no control address leaves the router`, () => {
  const random = new Random(SEED, 7);
  const texts = [description(service('WANIPConnection:1', '/ctl')), FAULT];
  const pool = texts.map((text) => new TextEncoder().encode(text));
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const text = new TextDecoder().decode(mutate(pool, random));
    for (const read of [() => mappingServices(text, LOCATION), () => actionResult(text, 'Do')]) {
      try {
        const result = read();
        if (Array.isArray(result)) for (const { controlUrl } of result) assert.equal(controlUrl.hostname, LOCATION.hostname);
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error;
      }
    }
  }
});
