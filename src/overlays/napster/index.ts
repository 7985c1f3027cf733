/** What others may use of Napster. */

export { type AccountBook, type AccountCheck, type AccountMade, isNick, nickKey } from './accounts.ts';
export { GREETING, getText, REFUSALS } from './transfer/transfer-texts.ts';
export { NAPSTER_CLIENT_DEFAULTS, type EntryKind, type NapsterClientOptions } from './client/client-options.ts';
export type { ChannelListListener, CompanyListener, JoinedChannel, ListedChannel } from './client/company.ts';
export { type HeldFile, type Meeting, type MeetingListener } from './client/meetings.ts';
export { NapsterClient, type NapsterListener, type ServerNumbers } from './client/napster-client.ts';
export type { BrowseListener, PongListener, SpeedListener, UserFacts, WhoisListener } from './client/questions.ts';
export type { NapsterQuery } from './client/searches.ts';
export type { Reach, WayNews } from './client/ways.ts';
export { INDEX_DEFAULTS, type IndexOptions } from './index-options.ts';
export { NapsterIndex } from './napster-index.ts';
export { type NapsterUpload, type SharedBytes } from './transfer/napster-upload.ts';
export type { NapsterMessage } from './frames.ts';
export { Type } from './message-types.ts';
