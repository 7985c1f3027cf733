/** Content over HTTP, from a server and to one: `kith/http`. */

export { type BodyListener, BodySender } from './body-sender.ts';
export { BudgetTurns, type UploadBudget } from './budget-turns.ts';
export { ContentServer, type ContentServerOptions, type PrivateAccess } from './content-server.ts';
export { HttpClient } from './http-client.ts';
export type { GetOperation, HttpGet } from './http-get.ts';
export { reachOf } from './inside-address.ts';
export { type ServedFile, StoredFile } from './served-file.ts';
