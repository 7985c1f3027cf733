/** A router on loopback that speaks PCP and NAT-PMP as a test wants it: with a clock to turn back, ports that are taken, refusals, garbage. */

import { createSocket, type Socket } from 'node:dgram';
import { encodeToBytes } from '../../src/core/codec.ts';
import { type NatPmpResponse, natPmpRequest, natPmpResponse } from '../../src/wire/nat-pmp.ts';
import { type PcpMap, type PcpRequest, PcpTransport, pcpRequest, pcpResponse } from '../../src/wire/pcp.ts';

export interface FakeMapping {
  readonly externalPort: number;
  readonly lifetimeSeconds: number;
}

export interface FakeControlOptions {
  readonly speaks: 'PCP' | 'NAT-PMP' | 'nothing' | 'garbage';
  /** External ports of others, by transport: a wish for one gets the next free one. */
  readonly taken?: readonly string[];
  /** Answers each request to map with this result. */
  readonly result?: number;
  readonly lifetimeSecondsMax?: number;
  readonly address?: string;
}

export class FakeControlRouter {
  readonly port: number;
  /** By `tcp 6881`, the internal port; what has ended is not in it. */
  readonly mappings = new Map<string, FakeMapping>();
  /** Requests to map, and `ask` for others. */
  readonly heard: string[] = [];
  options: FakeControlOptions;
  private readonly socket: Socket;
  private startedAtMs = performance.now() - 1_000_000;
  private waiting: (() => void)[] = [];

  static async start(options: FakeControlOptions): Promise<FakeControlRouter> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new FakeControlRouter(socket, options);
  }

  private constructor(socket: Socket, options: FakeControlOptions) {
    this.socket = socket;
    this.options = options;
    this.port = socket.address().port;
    socket.on('message', (bytes, from) => {
      for (const answer of this.answersTo(bytes)) socket.send(answer, from.port, from.address);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  /** It forgets everything, and its clock begins anew. */
  restart(): void {
    this.mappings.clear();
    this.startedAtMs = performance.now();
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }

  private get epochSeconds(): number {
    return Math.floor((performance.now() - this.startedAtMs) / 1000);
  }

  private answersTo(bytes: Uint8Array): Uint8Array[] {
    const { speaks } = this.options;
    if (speaks === 'nothing') {
      this.heard.push('ask');
      return [];
    }
    if (speaks === 'garbage') return Array.from({ length: 20 }, (_, length) => new Uint8Array(length * 3).fill(0x82));
    if (bytes[0] === 2 && speaks === 'PCP') return [encodeToBytes(pcpResponse, this.pcp(pcpRequest.decode(bytes, 0, bytes.length)))];
    const unsupported = { op: 'address', result: 1, epochSeconds: this.epochSeconds } as const;
    const answer = bytes[0] === 0 && speaks === 'NAT-PMP' ? this.natPmp(bytes) : unsupported;
    return [encodeToBytes(natPmpResponse, answer)];
  }

  private pcp({ lifetimeSeconds, map }: PcpRequest): Parameters<typeof pcpResponse.encode>[0] {
    const { epochSeconds, address } = this;
    if (map === null) {
      this.heard.push('ask');
      return { result: 0, lifetimeSeconds: 0, epochSeconds, map };
    }
    const transport = map.protocol === PcpTransport.tcp ? 'tcp' : 'udp';
    const given = this.give(transport, map.internalPort, map.externalPort, lifetimeSeconds);
    const answer: PcpMap = { ...map, externalPort: given.externalPort, externalAddress: address };
    return { result: this.options.result ?? 0, lifetimeSeconds: given.lifetimeSeconds, epochSeconds, map: answer };
  }

  private natPmp(bytes: Uint8Array): NatPmpResponse {
    const request = natPmpRequest.decode(bytes, 0, bytes.length);
    const { epochSeconds, address } = this;
    if (request.op === 'address') {
      this.heard.push('ask');
      return { op: 'address', result: 0, epochSeconds, address };
    }
    const { op, internalPort } = request;
    if (this.options.result !== undefined) return { op, result: this.options.result, epochSeconds };
    const given = this.give(op, internalPort, request.externalPort, request.lifetimeSeconds);
    return { op, result: 0, epochSeconds, internalPort, ...given };
  }

  private get address(): Uint8Array {
    return Uint8Array.from((this.options.address ?? '5.5.5.1').split('.'), Number);
  }

  private give(transport: string, internalPort: number, wanted: number, lifetimeSeconds: number): FakeMapping {
    const key = `${transport} ${internalPort}`;
    this.heard.push(`${key} as ${wanted} for ${lifetimeSeconds}`);
    const isTaken = (port: number): boolean => this.options.taken?.includes(`${transport} ${port}`) === true;
    let externalPort = wanted;
    while (isTaken(externalPort)) externalPort++;
    const given = { externalPort, lifetimeSeconds: Math.min(lifetimeSeconds, this.options.lifetimeSecondsMax ?? lifetimeSeconds) };
    if (lifetimeSeconds === 0) this.mappings.delete(key);
    else if (this.options.result === undefined) this.mappings.set(key, given);
    return given;
  }
}
