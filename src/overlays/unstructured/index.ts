/** What others may use of unstructured networks. */

export { type GraphKind, graphOf } from './graphs.ts';
export { hit, query, unstructuredCodec, type UnstructuredMessage } from './messages.ts';
export { type SearchStyle, UNSTRUCTURED_DEFAULTS, type UnstructuredOptions } from './unstructured-options.ts';
export { Unstructured } from './unstructured.ts';
