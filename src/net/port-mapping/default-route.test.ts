/** The router as the routing tables of different systems name it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { gatewayOfNetstat, gatewayOfProc } from './default-route.ts';

const PROC_HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const procRow = (destination: string, gateway: string, flags: string, metric: number, mask: string): string =>
  `eth0\t${destination}\t${gateway}\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0`;

test('Linux: the default route with the least metric; networks of its own and routes without a router are none', () => {
  const table = [
    PROC_HEAD,
    procRow('0000A8C0', '00000000', '0001', 100, '00FFFFFF'),
    procRow('00000000', '0101A8C0', '0003', 600, '00000000'),
    procRow('00000000', '0100000A', '0003', 100, '00000000'),
    procRow('00000000', '00000000', '0001', 1, '00000000'),
    procRow('00000000', '0200000A', '0002', 1, '00000000'),
  ].join('\n');
  assert.equal(gatewayOfProc(table), '10.0.0.1');
  assert.equal(gatewayOfProc(PROC_HEAD), null);
  assert.equal(gatewayOfProc('nonsense\n\n\t\t'), null);
});

test('macOS and BSD: the line "default"', () => {
  const table = `Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
127                127.0.0.1          UCS                   lo0

Internet6:
default                                 fe80::%utun0                            UGcIg               utun0`;
  assert.equal(gatewayOfNetstat(table), '192.168.1.1');
});

test('Windows: the row of zeros with the least metric; a row that is "On-link" has no router', () => {
  const table = `===========================================================================
IPv4 Route Table
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0     192.168.7.1    192.168.7.20     50
          0.0.0.0          0.0.0.0         On-link     10.8.0.2          5
          0.0.0.0          0.0.0.0     192.168.1.1    192.168.1.20     25
        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331`;
  assert.equal(gatewayOfNetstat(table), '192.168.1.1');
  assert.equal(gatewayOfNetstat(''), null);
});
