/** Content over HTTP, from a server and to one: `kith/http`. */

export { ContentServer, type ContentServerOptions, type PrivateAccess } from './content-server.ts';
export { HttpClient } from './http-client.ts';
export type { GetOperation, HttpGet } from './http-get.ts';
export { reachOf } from './inside-address.ts';
export { type ServedFile, StoredFile } from './served-file.ts';
