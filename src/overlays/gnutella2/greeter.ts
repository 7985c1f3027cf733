/** The three greetings that begin a connection: who is let in as what, and what is told to those who are not. Owns no state. */

import { endpointIp, formatEndpoint, parseEndpoint, withPort } from '../../core/endpoint.ts';
import { type ConnectHead, connectHead, type ReplyHead, replyHead } from '../../wire/gnutella-handshake.ts';
import type { GreetingHeaders } from '../../wire/greeting-head.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';

const G2 = 'application/x-gnutella2';
const TRY_MAX = 10;
/** Where no more of all places are taken, no more hubs are needed. */
const ROOMY_SHARE = 0.5;
/** What is taken from others. */
const TRY_READ_MAX = 30;

type Header = readonly [string, string];

export class Greeter {
  private readonly node: Gnutella2Node;

  constructor(node: Gnutella2Node) {
    this.node = node;
  }

  /** We have dialled, and begin. */
  greet(link: Link): void {
    link.say(connectHead([...this.common(link), ['Accept', G2], ...this.role()]));
  }

  onConnect(link: Link, head: ConnectHead): void {
    if (link.isOutgoing || link.state !== 'greeting') {
      link.reset();
      return;
    }
    const { headers } = head;
    if (!(headers.get('accept') ?? '').includes(G2)) {
      // Gnutella 0.6 comes to the same port.
      this.node.passOn(link, head.bytes);
      return;
    }
    const port = parseEndpoint(headers.get('listen-ip') ?? headers.get('x-my-address') ?? '');
    // The address is the one that it comes from, whatever it says.
    if (port !== null) link.endpoint = withPort(link.endpoint, ((port.at(-2) as number) << 8) | (port.at(-1) as number));
    const isHub = isHubOf(headers);
    const refusal = this.whyNot(link, isHub);
    if (refusal !== null) {
      link.say(replyHead(503, refusal, [...this.common(link), ...this.role(), ['X-Try-Hubs', this.tryHubs()]]));
      link.close();
      return;
    }
    link.kind = isHub ? 'hub' : 'leaf';
    link.canInflate = takesDeflate(headers);
    link.state = 'answered';
    const answers: Header[] = [['Accept', G2], ['Content-Type', G2], ...this.role(), ...this.advice(isHub)];
    link.say(replyHead(200, 'OK', [...this.common(link), ...answers, ...this.encoding(link)]));
  }

  onReply(link: Link, { status, headers }: ReplyHead): void {
    if (!link.isOutgoing) {
      this.onLastReply(link, status, headers);
      return;
    }
    this.learnHubs(headers.get('x-try-hubs') ?? headers.get('x-try-ultrapeers') ?? '');
    if (status !== 200 || !(headers.get('content-type') ?? '').includes(G2) || !isHubOf(headers)) {
      if (status === 503 && isHubOf(headers)) this.node.role.refused();
      this.node.hubs.forget(link.endpoint);
      link.close();
      return;
    }
    this.node.own.onSeen(link.endpoint, headers.get('remote-ip') ?? '');
    this.node.role.advised((headers.get('x-hub-needed') ?? '').toLowerCase() === 'false');
    link.canInflate = takesDeflate(headers);
    link.deflates = givesDeflate(headers);
    link.say(replyHead(200, 'OK', [['Content-Type', G2], ...this.role(), ...this.encoding(link)]));
    this.node.begin(link, 'hub', this.node.options.compresses && link.canInflate);
  }

  private onLastReply(link: Link, status: number, headers: GreetingHeaders): void {
    // It may have become a leaf meanwhile.
    const isHub = headers.has('x-hub') || headers.has('x-ultrapeer') ? isHubOf(headers) : link.kind === 'hub';
    if (status !== 200 || link.state !== 'answered' || this.whyNot(link, isHub) !== null) {
      link.close();
      return;
    }
    link.deflates = givesDeflate(headers);
    this.node.begin(link, isHub ? 'hub' : 'leaf', this.node.options.compresses && link.canInflate);
  }

  /** Why it is not let in, or null. */
  private whyNot(link: Link, isHub: boolean): string | null {
    const { links, options, role } = this.node;
    if (!role.isHub) return 'Not a hub';
    if (links.isUpAt(link.endpoint)) return 'Already connected';
    if (isHub) return links.hubs.length >= options.peersMax ? 'Enough hubs' : null;
    return links.leaves.length >= options.leavesMax ? 'Full' : null;
  }

  private common(link: Link): Header[] {
    const headers: Header[] = [
      ['User-Agent', this.node.options.userAgent],
      ['Remote-IP', endpointIp(link.endpoint)],
    ];
    const own = this.node.own.endpoint;
    if (own !== null) headers.unshift(['Listen-IP', formatEndpoint(own)]);
    if (this.node.options.compresses) headers.push(['Accept-Encoding', 'deflate']);
    return headers;
  }

  /** mldonkey knows only the names of Gnutella. */
  private role(): Header[] {
    const { isHub } = this.node.role;
    const is = isHub ? 'True' : 'False';
    return isHub
      ? [
          ['X-Hub', is],
          ['X-Ultrapeer', is],
        ]
      : [
          ['X-Hub', is],
          ['X-Hub-Needed', 'True'],
        ];
  }

  /** A hub that comes with room here need not be one. */
  private advice(isHub: boolean): Header[] {
    return isHub && this.node.role.load() < ROOMY_SHARE ? [['X-Hub-Needed', 'False']] : [];
  }

  private encoding(link: Link): Header[] {
    return this.node.options.compresses && link.canInflate ? [['Content-Encoding', 'deflate']] : [];
  }

  private tryHubs(): string {
    const { hubs, links } = this.node;
    const up = links.hubs.map((link) => link.endpoint);
    const known = hubs.newest(TRY_MAX - Math.min(TRY_MAX, up.length)).map((hub) => hub.endpoint);
    // Whoever reads times there gets one that is long ago: ours are by no calendar.
    return [...new Set([...up, ...known].slice(0, TRY_MAX).map(formatEndpoint))].map((text) => `${text} 2001-01-01T00:00Z`).join(',');
  }

  private learnHubs(text: string): void {
    for (const each of text.split(',').slice(0, TRY_READ_MAX)) {
      const endpoint = parseEndpoint(each.trim().split(' ')[0] ?? '');
      if (endpoint !== null) this.node.learnHub(endpoint, 0);
    }
  }
}

function isHubOf(headers: GreetingHeaders): boolean {
  return (headers.get('x-hub') ?? headers.get('x-ultrapeer') ?? '').toLowerCase().startsWith('true');
}

function takesDeflate(headers: GreetingHeaders): boolean {
  return (headers.get('accept-encoding') ?? '').toLowerCase().includes('deflate');
}

function givesDeflate(headers: GreetingHeaders): boolean {
  return (headers.get('content-encoding') ?? '').toLowerCase().includes('deflate');
}
