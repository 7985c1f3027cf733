/**
 * One file on its way to a user of Napster: he has dialled and asked (GET), or we were told to dial him and bring it (SEND). Owned by `NapsterUploads`,
 * which shares slots, budget and stores with the upload server of the node.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Codec } from '../../core/codec.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { endpointIp } from '../../core/endpoint.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { type BodyListener, BodySender } from '../http/index.ts';
import {
  formatNapsterWords,
  HELLO,
  NAPSTER_BODY,
  type NapsterBody,
  napsterGreeting,
  napsterOffsets,
  type NapsterRequest,
  napsterRequests,
  type NapsterWords,
} from './napster-lines.ts';
import type { PushDesk } from './push-desk.ts';
import type { UploadServer } from './upload-server.ts';
import type { SlotTaker } from './upload-slots.ts';

/** What is shared, by the names under which the index server knows it. */
export interface NapsterNames {
  byName(fileName: string): SharedFile | null;
}

/** A part of the file, and nothing else. */
export const napsterPart: Codec<NapsterBody> = {
  name: 'napster part',
  size: () => 0,
  encode: (_head, _into, offset) => offset,
  decode() {
    throw new MalformedMessage('a part of a file is no message of its own');
  },
};

const SILENT_MS_MAX = 30_000;
const UPLOADS_MAX = 64;
const QUEUE_BYTES_MAX = 512 * 1024;

export class NapsterUploads {
  readonly server: UploadServer;
  readonly names: NapsterNames;
  private readonly pushes: PushDesk;
  private readonly uploads = new Set<NapsterUpload>();

  constructor(server: UploadServer, names: NapsterNames, pushes: PushDesk) {
    this.server = server;
    this.names = names;
    this.pushes = pushes;
  }

  /** Somebody has dialled our data port: he is greeted, and says what he wants or brings. */
  accept(stream: Stream): void {
    if (this.uploads.size >= UPLOADS_MAX) return stream.reset();
    const upload = new NapsterUpload(this, null);
    this.uploads.add(upload);
    upload.onOpen(stream);
    stream.upgrade(napsterRequests, upload);
    stream.send(rawBytes, new RawBytes(Uint8Array.of(HELLO)));
  }

  /** The index server tells us to bring him that file. False: it is not shared, or there is too much to do. */
  bring(to: Endpoint, nick: string, fileName: string): boolean {
    const file = this.names.byName(fileName);
    if (file === null || this.uploads.size >= UPLOADS_MAX) return false;
    const { host } = this.server;
    const upload = new NapsterUpload(this, { nick, fileName, number: file.bytes });
    this.uploads.add(upload);
    host.connect(host.peer(to), napsterGreeting, upload);
    return true;
  }

  /** He brings a file that we wait for, or one that nobody wants. */
  onSend(stream: Stream, { nick, fileName }: NapsterWords): void {
    if (this.pushes.onSend(stream, { nick, fileName })) return;
    stream.send(rawBytes, new RawBytes(latin1Bytes('INVALID REQUEST')));
    stream.end();
  }

  left(upload: NapsterUpload): void {
    this.uploads.delete(upload);
  }

  tick(now: number): void {
    for (const upload of [...this.uploads]) upload.tick(now);
  }

  stop(): void {
    for (const upload of [...this.uploads]) upload.drop();
  }
}

export class NapsterUpload implements StreamHandler<NapsterRequest>, BodyListener, SlotTaker {
  hostKey = '';
  private readonly owner: NapsterUploads;
  /** What we say to him whom we have dialled. */
  private readonly brings: NapsterWords | null;
  private stream: Stream | null = null;
  private sender: BodySender<NapsterBody> | null = null;
  private activeMs: number;
  private queuedBytes = 0;
  private isOver = false;

  constructor(owner: NapsterUploads, brings: NapsterWords | null) {
    this.owner = owner;
    this.brings = brings;
    this.activeMs = owner.server.host.now();
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    this.hostKey = endpointIp(this.owner.server.host.endpoint(stream.peer));
    stream.queueBytesMax = QUEUE_BYTES_MAX;
  }

  onMessage(request: NapsterRequest): void {
    const { stream, brings } = this;
    if (stream === null || this.isOver || this.sender !== null) return;
    this.activeMs = this.owner.server.host.now();
    switch (request.kind) {
      case 'hello':
        if (brings === null) return this.drop();
        stream.upgrade(napsterOffsets, this);
        stream.send(rawBytes, new RawBytes(latin1Bytes('SEND')));
        stream.send(rawBytes, new RawBytes(formatNapsterWords(brings)));
        return;
      case 'offset':
        return brings === null ? this.drop() : this.begin(brings.fileName, request.offset, false);
      case 'get':
        return this.begin(request.words.fileName, request.words.number, true);
      case 'send':
        // The stream is the download's from now on, if there is one.
        this.isOver = true;
        this.owner.left(this);
        return this.owner.onSend(stream, request.words);
    }
  }

  private begin(fileName: string, offset: number, tellsSize: boolean): void {
    const { server, names } = this.owner;
    const { stream } = this;
    const file = names.byName(fileName);
    if (stream === null) return;
    if (file === null) return this.refuse('FILE NOT SHARED');
    if (offset > file.bytes) return this.refuse('INVALID REQUEST');
    // There is no queue on this connection: the index server would have told him (619).
    const slot = server.slots.request({ taker: this, fileKey: fileName, skill: 0, id: null }, '', server.host.now());
    if (slot.answer !== 'granted') return this.drop();
    if (tellsSize) stream.send(rawBytes, new RawBytes(latin1Bytes(String(file.bytes))));
    const bytes = file.bytes - offset;
    const sender = new BodySender(server.turns, stream, this, bytes, napsterPart, NAPSTER_BODY);
    const reading = bytes === 0 ? null : server.openShared(file, offset, file.bytes, sender);
    if (reading === null) return bytes === 0 ? this.onBodyDone() : this.drop();
    this.sender = sender;
    server.onUploadBegin(file, server.host.endpoint(stream.peer));
    sender.begin(reading);
  }

  private refuse(words: string): void {
    this.stream?.send(rawBytes, new RawBytes(latin1Bytes(words)));
    this.finish();
  }

  onBulk(): void {}

  onDrain(): void {
    this.activeMs = this.owner.server.host.now();
    this.sender?.onDrain();
  }

  onEnd(): void {
    this.drop();
  }

  onClose(): void {
    if (!this.isOver) this.letGo();
  }

  onBodySent(bytes: number): void {
    this.owner.server.sentBytes += bytes;
  }

  onBodyDone(): void {
    this.owner.server.uploads++;
    this.finish();
  }

  onBodyLost(): void {
    this.drop();
  }

  tick(now: number): void {
    const queued = this.stream?.queuedBytes ?? 0;
    if (queued < this.queuedBytes || (this.sender !== null && this.sender.readingBytes > 0 && queued === 0)) this.activeMs = now;
    this.queuedBytes = queued;
    if (now - this.activeMs > SILENT_MS_MAX) this.drop();
  }

  private finish(): void {
    this.stream?.end();
    this.letGo();
  }

  drop(): void {
    this.stream?.reset();
    this.letGo();
  }

  private letGo(): void {
    this.isOver = true;
    this.sender?.close();
    this.sender = null;
    this.owner.server.slots.left(this);
    this.owner.left(this);
  }
}
