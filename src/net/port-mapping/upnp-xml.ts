/** What UPnP routers write: their description, and answers to actions; read into plain values, whatever they write. Owns no state. */

import { XMLParser } from 'fast-xml-parser';
import { GatewayRefusal } from './gateway.ts';
import { urlAt } from './upnp-search.ts';

/** Services that map ports, the best first: all three take the same actions. */
const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map((name) => `urn:schemas-upnp-org:service:${name}`);
/** Devices and lists of a description that are looked into; a router has about six. */
const NODES_MAX = 200;
const FAULT_CHARS_MAX = 200;

export interface MappingService {
  readonly type: string;
  readonly controlUrl: URL;
}

/** An action was refused (UDA 2.0 §3.2.2). */
export interface UpnpFault {
  readonly code: number;
  readonly description: string;
}

/** The services of a description that map ports, at the router itself; the best first. Throws a GatewayRefusal when there is none. */
export function mappingServices(xml: string, location: URL): MappingService[] {
  const root = field(parse(xml), 'root');
  const base = urlAt(textOf(field(root, 'URLBase')), undefined, location.hostname) ?? location;
  const found: MappingService[] = [];
  const waiting: unknown[] = [field(root, 'device')];
  for (let looked = 0; waiting.length > 0 && looked < NODES_MAX; looked++) {
    const device = waiting.shift();
    waiting.push(...listOf(field(field(device, 'deviceList'), 'device')));
    for (const service of listOf(field(field(device, 'serviceList'), 'service'))) {
      const type = SERVICES.find((name) => name === textOf(field(service, 'serviceType')));
      const path = textOf(field(service, 'controlURL'));
      const controlUrl = path === '' ? null : urlAt(path, base, location.hostname);
      if (type !== undefined && controlUrl !== null) found.push({ type, controlUrl });
    }
  }
  if (found.length === 0) throw new GatewayRefusal('it describes no service that maps ports');
  return found.sort((a, b) => SERVICES.indexOf(a.type) - SERVICES.indexOf(b.type)).slice(0, SERVICES.length);
}

/** The body of a SOAP request. `type` and names are constants of ours, the values numbers and what `escaped` lets through. */
export function actionText(type: string, action: string, fields: Readonly<Record<string, string | number>>): string {
  const values = Object.entries(fields).map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`);
  return (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${type}">${values.join('')}</u:${action}></s:Body></s:Envelope>\r\n`
  );
}

/** What an action returned: a reader of its fields (an empty text for one that is missing), or why it was refused. Throws a GatewayRefusal. */
export function actionResult(xml: string, action: string): UpnpFault | ((name: string) => string) {
  const body = field(field(parse(xml), 'Envelope'), 'Body');
  const fault = field(field(field(body, 'Fault'), 'detail'), 'UPnPError');
  if (fault !== undefined) {
    const code = Number(textOf(field(fault, 'errorCode')));
    return { code: Number.isInteger(code) ? code : 0, description: printable(textOf(field(fault, 'errorDescription'))) };
  }
  const response = field(body, `${action}Response`);
  if (response === undefined) throw new GatewayRefusal('it answers something else');
  return (name) => textOf(field(response, name));
}

/** Names of other namespaces become plain ones; entities, which could grow, stay as they are. */
function parse(xml: string): unknown {
  const parser = new XMLParser({ removeNSPrefix: true, ignoreAttributes: true, parseTagValue: false, processEntities: false });
  try {
    return parser.parse(xml);
  } catch {
    throw new GatewayRefusal('it answers with broken XML');
  }
}

function field(of: unknown, name: string): unknown {
  const first = Array.isArray(of) ? of[0] : of;
  if (typeof first !== 'object' || first === null || !Object.hasOwn(first, name)) return undefined;
  return (first as Record<string, unknown>)[name]; // An object has fields by name.
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).slice(0, NODES_MAX);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** A router's own words reach the terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, FAULT_CHARS_MAX);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
