/** Whole files between holders, as the search networks move them: `kith/files`. `FileTransfers` is the protocol; networks hand it their streams and ways. */

export { AlternateBook } from './alternate-book.ts';
export type { FirewalledAlternate } from './alternate-locations.ts';
export { type CallBack, callBack } from './call-back.ts';
export type { BadFiles, DownloadFailure, DownloadListener, DownloadOptions } from './download-options.ts';
export { doorFraming, FileDoor } from './file-door.ts';
export { FileDownload } from './file-download.ts';
export { targetOfHashes, targetOfIndex, targetOfUuHash } from './file-target.ts';
export { FileTransfers, type TransferOptions } from './file-transfers.ts';
export type { Holder, HolderState } from './holder.ts';
export type { BrowseOperation, HostBrowse } from './host-browse.ts';
export { type FileAsk, type HolderWay, KnownWay, type WayAttempt, type WayListener } from './holder-way.ts';
export { reachByNapster } from './napster-way.ts';
export type { PieceKeeper } from './piece-keeper.ts';
export { type CallBackPlace, PushDesk, type Pusher, type PushKey, type QueueCaller } from './push-desk.ts';
export type { TreeLevel } from './thex.ts';
export type { KazaaIdentity } from './upload-heads.ts';
export { type BrowseEncoder, type PushProxy, type UploadOptions, UploadServer } from './upload-server.ts';
export { SLOT_DEFAULTS, type SlotOptions, UploadSlots } from './upload-slots.ts';
export type { UploadContent, UploadSource } from './upload-source.ts';
export { hasStrongHash, type Verification, type WantedFile } from './wanted-file.ts';
export { WebWay } from './web-way.ts';
