/** µTP (BEP 29): `kith/utp`. A `UtpPort` on a host gives streams over its datagrams. */

export { UtpPort } from './utp-port.ts';
