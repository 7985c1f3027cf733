/** Sockets that a proxy connects to somebody: says the handshake on them and then gives them away. Owns each until then. */

import { connect, Socket } from 'node:net';
import type { SocksAddress } from '../wire/socks5.ts';
import type { ProxyHandshake, ProxyStep } from './proxy-handshake.ts';
import { handshakeTo, type Proxy, ProxyError } from './proxy.ts';

/** A proxy that is slower to let us through has failed. */
export const TUNNEL_TIMEOUT_MS = 20_000;

/** The way through: null bound address with an HTTP proxy. */
export interface Opened {
  readonly socket: Socket;
  readonly bound: SocksAddress | null;
}

/** What has come behind the handshake is read first. Rejects with a ProxyError. */
export function openTunnel(proxy: Proxy, to: SocksAddress): Promise<Socket> {
  return openWith(proxy, handshakeTo(proxy, to)).then(({ socket }) => socket);
}

/** The same with a handshake of one's own. */
export function openWith(proxy: Proxy, handshake: ProxyHandshake): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: proxy.hostname, port: proxy.port, noDelay: true });
    const fail = (detail: string, letIn = false): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ProxyError(proxy, detail, letIn));
    };
    const timer = setTimeout(() => fail(`no answer within ${TUNNEL_TIMEOUT_MS} ms`), TUNNEL_TIMEOUT_MS);
    const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message);
    const onEnd = (): void => fail('it hung up');
    // Read, not listened to: so the socket that is handed over flows as soon as somebody else listens, and no sooner.
    const onReadable = (): void => {
      for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null) {
        const step: ProxyStep = handshake.receive(bytes);
        if (step.kind === 'refused') return fail(step.detail, step.letIn);
        if (step.kind === 'open') {
          clearTimeout(timer);
          socket.off('error', onError).off('end', onEnd).off('readable', onReadable);
          if (step.rest.length > 0) socket.unshift(Buffer.from(step.rest));
          return resolve({ socket, bound: step.bound });
        }
        if (step.send !== null) socket.write(step.send);
      }
    };
    socket.on('error', onError).on('end', onEnd).on('readable', onReadable);
    socket.once('connect', () => socket.write(handshake.begin()));
  });
}

/** Whether anybody is there at all, for a proxy that cannot be asked more without asking for somebody. Rejects with a ProxyError. */
export function knock(proxy: Proxy): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    const fail = (detail: string): void => {
      socket.destroy();
      reject(new ProxyError(proxy, detail));
    };
    socket.setTimeout(TUNNEL_TIMEOUT_MS, () => fail(`no answer within ${TUNNEL_TIMEOUT_MS} ms`));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.connect({ host: proxy.hostname, port: proxy.port }, () => {
      socket.destroy();
      resolve();
    });
  });
}
