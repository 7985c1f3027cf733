/**
 * How a holder of a file is got to, and how he is asked for it there, whatever network told of him: the contract between networks, which know the
 * ways, and downloads, which take them again and again. Owns no state.
 */

import type { Endpoint, Stream } from '../../core/host.ts';
import type { FirewalledAlternate } from './alternate-locations.ts';
import type { WayNews } from '../../overlays/napster/index.ts';

/** What is said to a holder to be sent a file. */
export type FileAsk = HttpAsk | NapsterAsk;

/** HTTP/1.1 with ranges: Gnutella, Gnutella2, FastTrack, any web server. */
export interface HttpAsk {
  readonly speech: 'http';
  /** What stands behind GET, such as `/uri-res/N2R?urn:sha1:…`. */
  readonly target: string;
  /** What the network wants said besides, such as `X-Kazaa-Username`; a `host` here replaces the address. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The name that a certificate has to be valid for (https); none: plain. */
  readonly secureName?: string;
}

/** Napster's two lines: GET where we dialled, SEND where he did. */
export interface NapsterAsk {
  readonly speech: 'napster';
  /** Our own. */
  readonly nick: string;
  /** As the holder calls it. */
  readonly fileName: string;
  /** Who hears what becomes of it; the network's. */
  readonly news?: WayNews;
}

export interface HolderWay {
  /** Who that is, for people and logs. The same way added twice is one holder. */
  readonly name: string;
  /** The network that has told of him, `web` for a web server; absent: another holder has. */
  readonly network?: string;
  /** Finds the way once more; one answer follows, in a later event or, where nothing has to be found, inside the call. */
  reach(listener: WayListener): WayAttempt;
  /** He has to be pushed, and others can be told by whom. */
  readonly firewalled?: FirewalledAlternate;
  /** A web server says that the file is there. False: that leads nowhere. */
  onMoved?(location: string): boolean;
}

/** After `cancel` nothing is told; a stream that comes late is the network's to close. */
export interface WayAttempt {
  cancel(): void;
}

/** Told once, by one of these. */
export interface WayListener {
  /** He can be dialled, and is to be asked in this way. */
  onAddress(endpoint: Endpoint, ask: FileAsk): void;
  /**
   * He has dialled us: what is said on this stream is the receiver's from now on. Of HTTP that is the request; of Napster his SEND has been read, and
   * it is the place to begin at.
   */
  onStream(stream: Stream, ask: FileAsk): void;
  /** Why not, for people. `isBusy`: he is there, and has no place free now. */
  onUnreachable(why: string, isBusy?: boolean): void;
}

const NOTHING_TO_CANCEL: WayAttempt = { cancel() {} };

/** A holder whose address is known. */
export class KnownWay implements HolderWay {
  readonly name: string;
  private readonly endpoint: Endpoint;
  private readonly ask: FileAsk;

  constructor(name: string, endpoint: Endpoint, ask: FileAsk) {
    this.name = name;
    this.endpoint = endpoint;
    this.ask = ask;
  }

  reach(listener: WayListener): WayAttempt {
    listener.onAddress(this.endpoint, this.ask);
    return NOTHING_TO_CANCEL;
  }
}
