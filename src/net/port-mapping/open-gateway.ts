/** The protocols by which a router is asked, in the order in which they are tried: the newest tells the most. Owns no state. */

import { PORT_CONTROL_NEWS_PORT, PORT_CONTROL_PORT } from '../../wire/nat-pmp.ts';
import { SSDP_PORT } from '../../wire/ssdp.ts';
import type { Gateway, GatewayPorts, MappingProtocol, Route } from './gateway.ts';
import { NatPmpGateway } from './nat-pmp-gateway.ts';
import { PcpGateway } from './pcp-gateway.ts';

export const GATEWAY_PORTS: GatewayPorts = { control: PORT_CONTROL_PORT, news: PORT_CONTROL_NEWS_PORT, ssdp: SSDP_PORT };

/** Each rejects with a GatewayRefusal when the router does not speak it. */
export type OpenGateway = (route: Route, ports: GatewayPorts, signal: AbortSignal) => Promise<Gateway>;

export const PROTOCOLS: readonly MappingProtocol[] = ['PCP', 'NAT-PMP', 'UPnP'];

export const OPENERS: Readonly<Record<MappingProtocol, OpenGateway>> = {
  PCP: (route, { control }, signal) => PcpGateway.open(route, control, signal),
  'NAT-PMP': (route, { control }, signal) => NatPmpGateway.open(route, control, signal),
  // With it comes a reader of XML, which most never need.
  UPnP: async (route, { ssdp }, signal) => (await import('./upnp-gateway.ts')).UpnpGateway.open(route, ssdp, signal),
};
