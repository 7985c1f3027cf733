/** Ports that the router in front of this machine passes on. */

export type { MappedTransport, MappingProtocol, Route } from './gateway.ts';
export { defaultRoute } from './default-route.ts';
export type { WantedPort } from './port-claim.ts';
export { PortMapper, type PortMapperOptions } from './port-mapper.ts';
export { type MappedPort, type PortMappingStatus, unmapped } from './port-mapping-status.ts';
