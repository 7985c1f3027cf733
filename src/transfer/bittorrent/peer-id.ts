/** Peer ids (BEP 20): ours, and which client somebody else's tells of; owns no state. */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import type { Random } from '../../core/random.ts';
import { safeText } from '../../wire/safe-text.ts';

/** Azureus style: two letters and four digits of version. */
const PREFIX = '-KI0100-';
export const CLIENT_VERSION = 'kith 0.1.0';
export const PEER_ID_BYTES = 20;

export function makePeerId(random: Random): Uint8Array {
  const id = random.fill(new Uint8Array(PEER_ID_BYTES));
  id.set(latin1Bytes(PREFIX));
  return id;
}

/** BEP 20's list and later additions that are met today. */
const AZUREUS_CLIENTS: Readonly<Record<string, string>> = {
  '7T': 'aTorrent',
  A2: 'aria2',
  AG: 'Ares',
  AR: 'Arctic',
  AT: 'Artemis',
  AV: 'Avicora',
  AX: 'BitPump',
  AZ: 'Vuze',
  BB: 'BitBuddy',
  BC: 'BitComet',
  BE: 'BitTorrent SDK',
  BF: 'Bitflu',
  BG: 'BTG',
  BI: 'BiglyBT',
  BL: 'BitCometLite',
  BP: 'BitTorrent Pro',
  BR: 'BitRocket',
  BS: 'BTSlave',
  BT: 'BitTorrent',
  BW: 'BitWombat',
  CD: 'Enhanced CTorrent',
  CT: 'CTorrent',
  DE: 'Deluge',
  DP: 'Propagate',
  EB: 'EBit',
  ES: 'Electric Sheep',
  FC: 'FileCroc',
  FD: 'Free Download Manager',
  FG: 'FlashGet',
  FW: 'FrostWire',
  FX: 'Freebox',
  GR: 'GetRight',
  GS: 'GSTorrent',
  HL: 'Halite',
  HN: 'Hydranode',
  KG: 'KGet',
  KI: 'kith',
  KT: 'KTorrent',
  LC: 'LeechCraft',
  LH: 'LH-ABC',
  LP: 'Lphant',
  LT: 'libtorrent',
  LW: 'LimeWire',
  MG: 'MediaGet',
  MO: 'MonoTorrent',
  MP: 'MooPolice',
  MR: 'Miro',
  MT: 'MoonlightTorrent',
  NX: 'Net Transport',
  OS: 'OneSwarm',
  OT: 'OmegaTorrent',
  PB: 'Protocol::BitTorrent',
  PD: 'Pando',
  PI: 'PicoTorrent',
  PT: 'PHPTracker',
  QD: 'QQDownload',
  QT: 'Qt 4 example',
  RT: 'Retriever',
  RQ: 'rqbit',
  SB: 'Swiftbit',
  SD: 'Thunder',
  SM: 'SoMud',
  SP: 'BitSpirit',
  SS: 'SwarmScope',
  ST: 'SymTorrent',
  SZ: 'Shareaza',
  TB: 'Torch',
  TE: 'terasaur',
  TL: 'Tribler',
  TN: 'TorrentDotNET',
  TR: 'Transmission',
  TS: 'Torrentstorm',
  TT: 'TuoTu',
  TX: 'Tixati',
  UE: 'µTorrent Embedded',
  UL: 'uLeecher!',
  UM: 'µTorrent for Mac',
  UT: 'µTorrent',
  UW: 'µTorrent Web',
  VG: 'Vagaa',
  WD: 'WebTorrent Desktop',
  WT: 'BitLet',
  WW: 'WebTorrent',
  WY: 'FireTorrent',
  XF: 'Xfplay',
  XL: 'Xunlei',
  XT: 'XanTorrent',
  XX: 'Xtorrent',
  ZT: 'ZipTorrent',
  lt: 'rTorrent',
  qB: 'qBittorrent',
  st: 'SharkTorrent',
};

const SHADOW_CLIENTS: Readonly<Record<string, string>> = {
  A: 'ABC',
  O: 'Osprey Permaseed',
  Q: 'BTQueue',
  R: 'Tribler',
  S: 'Shadow',
  T: 'BitTornado',
  U: 'UPnP NAT',
};

/** Name and version of the client, as far as the id tells; for people. */
export function clientOf(peerId: Uint8Array): string {
  const text = latin1(peerId);
  const azureus = /^-([A-Za-z0-9~]{2})([0-9A-Za-z]{4})-/.exec(text);
  if (azureus !== null) {
    const name = AZUREUS_CLIENTS[azureus[1] as string] ?? (azureus[1] as string);
    return `${name} ${azureusVersion(azureus[2] as string)}`;
  }
  const mainline = /^M(\d{1,2})-(\d{1,2})-(\d{1,2})-/.exec(text);
  if (mainline !== null) return `BitTorrent ${mainline.slice(1).join('.')}`;
  const shadow = /^([A-Z])([0-9A-Za-z]{1,5})-{2,}/.exec(text);
  const shadowName = shadow === null ? undefined : SHADOW_CLIENTS[shadow[1] as string];
  if (shadow !== null && shadowName !== undefined) return `${shadowName} ${[...(shadow[2] as string)].map(digitOf).join('.')}`;
  return `unknown (${safeText(text.slice(0, 8), 8)})`;
}

/** `4250` is 4.2.5: a final zero is not shown; letters count on from 10. */
function azureusVersion(digits: string): string {
  const numbers = [...digits].map(digitOf);
  if (numbers[3] === 0) numbers.pop();
  return numbers.join('.');
}

function digitOf(character: string): number {
  const value = Number.parseInt(character, 36);
  return Number.isNaN(value) ? 0 : value;
}
