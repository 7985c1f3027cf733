/** A router that speaks PCP (RFC 6887). Owns the line to it, the nonces of its mappings and the reading of its clock. */

import { randomBytes } from 'node:crypto';
import { latin1 } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { endpointIp, endpointOf } from '../../core/endpoint.ts';
import { NAT_PMP_VERSION } from '../../wire/nat-pmp.ts';
import { PCP_NONCE_BYTES, PCP_RESULTS, type PcpResponse, PcpTransport, pcpRequest, pcpResponse } from '../../wire/pcp.ts';
import { ControlLine } from './control-line.ts';
import { Epoch } from './epoch.ts';
import { type Gateway, GatewayRefusal, type Grant, type MapRequest, type Route } from './gateway.ts';

const UNSUPPORTED_VERSION = 1;
const UNSUPPORTED_OPCODE = 4;
/** CANNOT_PROVIDE_EXTERNAL. */
const PORT_TAKEN = 11;
const ANY_ADDRESS = new Uint8Array(4);
const ANNOUNCE_LIFETIME = 0;

export class PcpGateway implements Gateway {
  readonly protocol = 'PCP';
  private readonly line: ControlLine;
  private readonly clientAddress: Uint8Array;
  private readonly epoch = new Epoch();
  /** By transport and internal port: who renews or ends a mapping has to know its nonce (§11.2). */
  private readonly nonces = new Map<string, Uint8Array>();
  private lostState = false;

  /** Rejects with a GatewayRefusal when the router does not speak it. */
  static async open(route: Route, port: number, signal: AbortSignal): Promise<PcpGateway> {
    const address = endpointOf(route.localAddress, 0);
    if (address === null) throw new GatewayRefusal(`${route.localAddress} is no address`);
    const gateway = new PcpGateway(await ControlLine.open(route, port, signal), address.slice(0, -2));
    try {
      await gateway.announce();
      return gateway;
    } catch (error) {
      gateway.close();
      throw error;
    }
  }

  private constructor(line: ControlLine, clientAddress: Uint8Array) {
    this.line = line;
    this.clientAddress = clientAddress;
  }

  async map(request: MapRequest): Promise<Grant> {
    const { result, lifetimeSeconds, map } = await this.askToMap(request, request.lifetimeSeconds);
    if (result !== 0 || map === null)
      throw new GatewayRefusal(PCP_RESULTS[result] ?? `it answers with result ${result}`, result === PORT_TAKEN);
    if (map.externalPort === 0 || lifetimeSeconds === 0) throw new GatewayRefusal('it gives nothing');
    return { externalPort: map.externalPort, lifetimeSeconds, externalAddress: textOf(map.externalAddress) };
  }

  async unmap(request: MapRequest): Promise<void> {
    await this.askToMap({ ...request, externalPort: 0 }, 0);
  }

  async hasForgotten(): Promise<boolean> {
    await this.announce();
    const lost = this.lostState;
    this.lostState = false;
    return lost;
  }

  close(): void {
    this.line.close();
  }

  private async announce(): Promise<void> {
    const { result } = await this.ask({ lifetimeSeconds: ANNOUNCE_LIFETIME, clientAddress: this.clientAddress, map: null }, () => true);
    // Who knows no ANNOUNCE speaks PCP all the same.
    if (result !== 0 && result !== UNSUPPORTED_OPCODE) throw new GatewayRefusal(PCP_RESULTS[result] ?? `it answers with result ${result}`);
  }

  private askToMap({ transport, internalPort, externalPort }: MapRequest, lifetimeSeconds: number): Promise<PcpResponse> {
    const nonce = this.nonceOf(`${transport} ${internalPort}`);
    const protocol = PcpTransport[transport];
    const map = { nonce, protocol, internalPort, externalPort, externalAddress: ANY_ADDRESS };
    return this.ask(
      { lifetimeSeconds, clientAddress: this.clientAddress, map },
      ({ map: told }) =>
        told !== null && latin1(told.nonce) === latin1(nonce) && told.protocol === protocol && told.internalPort === internalPort,
    );
  }

  private ask(request: Parameters<typeof pcpRequest.encode>[0], fits: (response: PcpResponse) => boolean): Promise<PcpResponse> {
    return this.line.ask(encodeToBytes(pcpRequest, request), (bytes) => {
      // A router of another version answers in that one (§9): with NAT-PMP, eight bytes or more.
      if (bytes.length >= 4 && bytes[0] !== 2 && (bytes[1] as number) >= 0x80) throw new GatewayRefusal(otherVersion(bytes));
      const response = pcpResponse.decode(bytes, 0, bytes.length);
      if ((response.map === null) !== (request.map === null) || !fits(response)) return null;
      if (this.epoch.read(response.epochSeconds, performance.now() / 1000)) this.lostState = true;
      return response;
    });
  }

  private nonceOf(key: string): Uint8Array {
    let nonce = this.nonces.get(key);
    if (nonce === undefined) {
      nonce = new Uint8Array(randomBytes(PCP_NONCE_BYTES));
      this.nonces.set(key, nonce);
    }
    return nonce;
  }
}

function otherVersion(bytes: Uint8Array): string {
  return bytes[0] === NAT_PMP_VERSION ? 'the router speaks NAT-PMP instead' : PCP_RESULTS[UNSUPPORTED_VERSION];
}

function textOf(address: Uint8Array): string | null {
  if (address.every((byte) => byte === 0)) return null;
  const endpoint = new Uint8Array(address.length + 2);
  endpoint.set(address);
  return endpointIp(endpoint);
}
