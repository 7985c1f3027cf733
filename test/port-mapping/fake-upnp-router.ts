/** A UPnP router on loopback that a test scripts: what it answers to a search, to the question for its description, and to actions. */

import { createSocket, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Writes the whole answer to an HTTP request. */
type Respond = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export interface FakeUpnpOptions {
  /** What answers to a search name; `base` is where the HTTP server is. */
  readonly location?: (base: string) => string;
  readonly service?: string;
  readonly controlUrl?: string;
  /** Instead of a description. */
  readonly describe?: Respond;
  /** The code of the fault that answers AddPortMapping, or null to map. */
  readonly fault?: (fields: Readonly<Record<string, string>>) => number | null;
  /** Instead of what answers actions. */
  readonly act?: Respond;
  readonly address?: string;
}

export class FakeUpnpRouter {
  /** Of the search. */
  readonly port: number;
  readonly base: string;
  /** By `TCP 6881`, the external port. */
  readonly mappings = new Map<string, Readonly<Record<string, string>>>();
  /** Every HTTP request: `GET /desc.xml`, or the name of an action. */
  readonly asked: string[] = [];
  options: FakeUpnpOptions;
  private readonly ssdp: Socket;
  private readonly server: Server;

  static async start(options: FakeUpnpOptions = {}): Promise<FakeUpnpRouter> {
    const ssdp = createSocket('udp4');
    await new Promise<void>((resolve) => ssdp.bind(0, '127.0.0.1', resolve));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeUpnpRouter(ssdp, server, options);
  }

  private constructor(ssdp: Socket, server: Server, options: FakeUpnpOptions) {
    this.ssdp = ssdp;
    this.server = server;
    this.options = options;
    this.port = ssdp.address().port;
    this.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
    ssdp.on('message', (bytes, from) => {
      const target = /\r\nST: (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
      const location = (this.options.location ?? ((base) => `${base}/desc.xml`))(this.base);
      ssdp.send(`HTTP/1.1 200 OK\r\nLOCATION: ${location}\r\nST: ${target}\r\n\r\n`, from.port, from.address);
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => this.answer(request, response, body));
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await new Promise<void>((resolve) => this.ssdp.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const action = /#(\w+)"$/.exec(String(request.headers.soapaction ?? ''))?.[1];
    this.asked.push(action ?? `${request.method} ${request.url}`);
    if (action === undefined) return (this.options.describe ?? ((to) => to.end(this.description)))(response, request, body);
    if (this.options.act !== undefined) return this.options.act(response, request, body);
    const fields = Object.fromEntries([...body.matchAll(/<(New\w+)>([^<]*)</g)].map(([, name, value]) => [name, value]));
    const result = this.act(action, fields as Record<string, string>); // Both groups are there.
    if (typeof result === 'number') response.writeHead(500).end(fault(result));
    else response.end(envelope(`<u:${action}Response xmlns:u="${this.service}">${result}</u:${action}Response>`));
  }

  /** The fields of the answer, or the code of a fault. */
  private act(action: string, fields: Readonly<Record<string, string>>): string | number {
    const key = `${fields.NewProtocol} ${fields.NewExternalPort}`;
    switch (action) {
      case 'GetExternalIPAddress':
        return `<NewExternalIPAddress>${this.options.address ?? '5.5.5.1'}</NewExternalIPAddress>`;
      case 'AddPortMapping': {
        const code = this.options.fault?.(fields) ?? null;
        if (code === null) this.mappings.set(key, fields);
        return code ?? '';
      }
      case 'DeletePortMapping':
        return this.mappings.delete(key) ? '' : 714;
      case 'GetSpecificPortMappingEntry': {
        const entry = this.mappings.get(key);
        return entry === undefined ? 714 : `<NewInternalClient>${entry.NewInternalClient}</NewInternalClient>`;
      }
      default:
        return 401;
    }
  }

  private get service(): string {
    return `urn:schemas-upnp-org:service:${this.options.service ?? 'WANIPConnection:1'}`;
  }

  private get description(): string {
    return (
      '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceList><device><deviceList><device><serviceList><service>' +
      `<serviceType>${this.service}</serviceType><controlURL>${this.options.controlUrl ?? '/ctl'}</controlURL>` +
      '</service></serviceList></device></deviceList></device></deviceList></device></root>'
    );
  }
}

function envelope(body: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`;
}

function fault(code: number): string {
  const error = `<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>no</errorDescription></UPnPError>`;
  return envelope(`<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>${error}</detail></s:Fault>`);
}
