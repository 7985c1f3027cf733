/** A router that speaks NAT-PMP (RFC 6886). Owns the line to it, its address as it tells it, and the reading of its clock. */

import { encodeToBytes } from '../../core/codec.ts';
import {
  NAT_PMP_RESULTS,
  type NatPmpMapResponse,
  type NatPmpRequest,
  type NatPmpResponse,
  natPmpRequest,
  natPmpResponse,
} from '../../wire/nat-pmp.ts';
import { ControlLine } from './control-line.ts';
import { Epoch } from './epoch.ts';
import { type Gateway, GatewayRefusal, type Grant, type MapRequest, type Route } from './gateway.ts';

export class NatPmpGateway implements Gateway {
  readonly protocol = 'NAT-PMP';
  private readonly line: ControlLine;
  private readonly epoch = new Epoch();
  private externalAddress: string | null = null;
  private lostState = false;

  /** Rejects with a GatewayRefusal when the router does not speak it. */
  static async open(route: Route, port: number, signal: AbortSignal): Promise<NatPmpGateway> {
    const gateway = new NatPmpGateway(await ControlLine.open(route, port, signal));
    try {
      await gateway.learnAddress();
      return gateway;
    } catch (error) {
      gateway.close();
      throw error;
    }
  }

  private constructor(line: ControlLine) {
    this.line = line;
  }

  async map(request: MapRequest): Promise<Grant> {
    const { externalPort, lifetimeSeconds } = await this.askToMap(request);
    if (externalPort === 0 || lifetimeSeconds === 0) throw new GatewayRefusal('it gives nothing');
    return { externalPort, lifetimeSeconds, externalAddress: this.externalAddress };
  }

  async unmap(request: MapRequest): Promise<void> {
    await this.askToMap({ ...request, externalPort: 0, lifetimeSeconds: 0 });
  }

  async hasForgotten(): Promise<boolean> {
    const before = this.externalAddress;
    await this.learnAddress();
    // A new address is for us the same: whoever was told the old one has to be told again.
    const lost = this.lostState || this.externalAddress !== before;
    this.lostState = false;
    return lost;
  }

  close(): void {
    this.line.close();
  }

  private async askToMap({ transport, internalPort, externalPort, lifetimeSeconds }: MapRequest): Promise<NatPmpMapResponse> {
    const response = await this.ask(
      { op: transport, internalPort, externalPort, lifetimeSeconds },
      (told) => !('internalPort' in told) || told.internalPort === internalPort,
    );
    if (!('internalPort' in response)) throw refusal(response.result);
    return response;
  }

  private async learnAddress(): Promise<void> {
    const response = await this.ask({ op: 'address' }, () => true);
    if (!('address' in response)) throw refusal(response.result);
    this.externalAddress = response.address.every((byte) => byte === 0) ? null : response.address.join('.');
  }

  private ask(request: NatPmpRequest, fits: (response: NatPmpResponse) => boolean): Promise<NatPmpResponse> {
    return this.line.ask(encodeToBytes(natPmpRequest, request), (bytes) => {
      const response = natPmpResponse.decode(bytes, 0, bytes.length);
      if (response.op !== request.op || !fits(response)) return null;
      if (this.epoch.read(response.epochSeconds, performance.now() / 1000)) this.lostState = true;
      return response;
    });
  }
}

function refusal(result: number): GatewayRefusal {
  return new GatewayRefusal(NAT_PMP_RESULTS[result] ?? `it answers with result ${result}`);
}
