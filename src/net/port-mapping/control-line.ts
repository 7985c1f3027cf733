/**
 * Questions and answers with the control port of one router (RFC 6886 §3.1, RFC 6887 §8.1.1): one at a time, asked again until answered.
 * Owns the socket. It is connected, so that the kernel drops what anybody else sends.
 */

import { createSocket, type Socket } from 'node:dgram';
import { MalformedMessage } from '../../core/codec.ts';
import { GatewayRefusal, type Route } from './gateway.ts';

/** Doubled each time. RFC 6886 goes on for a minute; who has not answered after four seconds is no router of this kind. */
const FIRST_WAIT_MS = 250;
const ASKED_TIMES_MAX = 4;
/** Answers that do not fit are passed over; a flood of them ends the question. */
const STRAYS_MAX = 100;

/** Returns null for an answer to something else. A MalformedMessage counts as one. */
export type Accept<T> = (bytes: Uint8Array) => T | null;

export class ControlLine {
  private readonly socket: Socket;
  private closed = false;
  /** Ends the question in flight. */
  private interrupt: ((why: string) => void) | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** Rejects with a GatewayRefusal. When the signal comes the question in flight is given up; later ones are asked. */
  static open({ gateway, localAddress }: Route, port: number, signal: AbortSignal): Promise<ControlLine> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      let settled = false;
      const refuse = (why: string): void => {
        if (settled) return;
        settled = true;
        socket.close();
        reject(new GatewayRefusal(why));
      };
      const onError = (error: Error): void => refuse(error.message);
      socket.on('error', onError);
      socket.bind({ address: localAddress, port: 0 }, () =>
        // Node calls back with an error in the place of the event.
        socket.connect(port, gateway, (error?: Error) => {
          if (error !== undefined && error !== null) return refuse(error.message);
          if (signal.aborted) return refuse('it was given up');
          settled = true;
          resolve(new ControlLine(socket, signal));
          socket.removeListener('error', onError);
        }),
      );
    });
  }

  private constructor(socket: Socket, signal: AbortSignal) {
    this.socket = socket;
    signal.addEventListener('abort', () => this.interrupt?.('it was given up'), { once: true });
    // What comes while nobody asks, an error of an earlier datagram included, is nothing to anybody.
    socket.on('error', () => {});
  }

  /** The first answer that `accept` takes. Rejects with a GatewayRefusal. */
  ask<T>(question: Uint8Array, accept: Accept<T>): Promise<T> {
    const turn = this.last.then(() => this.askNow(question, accept));
    this.last = turn.catch(() => {});
    return turn;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.interrupt?.('it was closed');
    this.socket.close();
  }

  private askNow<T>(question: Uint8Array, accept: Accept<T>): Promise<T> {
    if (this.closed) return Promise.reject(new GatewayRefusal('it was closed'));
    const { socket } = this;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let asked = 0;
      let strays = 0;
      const finish = (): void => {
        clearTimeout(timer);
        this.interrupt = null;
        socket.removeListener('message', onMessage);
        socket.removeListener('error', onError);
      };
      const refuse = (why: string): void => {
        finish();
        reject(new GatewayRefusal(why));
      };
      const onMessage = (bytes: Buffer): void => {
        let answer: T | null = null;
        try {
          answer = accept(bytes);
        } catch (error) {
          if (error instanceof GatewayRefusal) {
            finish();
            return reject(error);
          }
          if (!(error instanceof MalformedMessage)) throw error;
        }
        if (answer !== null) {
          finish();
          resolve(answer);
        } else if (++strays >= STRAYS_MAX) refuse('it answers something else');
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        // Nobody is at that port: the router says so at once.
        refuse(error.code === 'ECONNREFUSED' ? 'the router does not speak it' : error.message);
      };
      const send = (): void => {
        if (asked === ASKED_TIMES_MAX) return refuse('the router does not answer');
        timer = setTimeout(send, FIRST_WAIT_MS * 2 ** asked++);
        socket.send(question);
      };
      this.interrupt = refuse;
      socket.on('message', onMessage);
      socket.on('error', onError);
      send();
    });
  }
}
