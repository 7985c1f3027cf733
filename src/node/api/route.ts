/** What a route of the API is: its place, its schemas, and what it does. Owns no state. */

import type { z } from 'zod';
import type { NodeOperations } from '../node-operations.ts';
import type { Machine } from './machine.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RouteAnswer {
  readonly status: number;
  /** Null: there is nothing to say. */
  readonly body: object | null;
}

export function ok(body: object): RouteAnswer {
  return { status: 200, body };
}

/** What came, each part still to be checked. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface Route {
  readonly method: Method;
  /** Below /api/v1, parameters in braces. */
  readonly path: string;
  /** What generated clients call it. */
  readonly id: string;
  readonly summary: string;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** By status; null: no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Rejects with a Failure, or a ZodError about what came. */
  readonly run: (node: NodeOperations, input: RawInput, machine: Machine) => Promise<RouteAnswer>;
}

interface Declaration<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>
  extends Pick<Route, 'method' | 'path' | 'id' | 'summary' | 'answers'> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly work: (
    node: NodeOperations,
    input: { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> },
    machine: Machine,
  ) => Promise<RouteAnswer>;
}

/** `work` gets what the schemas have made of the request: it needs no more looking at. */
export function route<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>(declaration: Declaration<P, Q, B>): Route {
  const { params, query, body, work, ...rest } = declaration;
  return {
    ...rest,
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    run: async (node, input, machine) => {
      // A part without a schema is not in the declaration, so that `work` cannot name a field of it.
      const checked = {
        params: (params?.parse(input.params) ?? {}) as z.output<P>,
        query: (query?.parse(input.query) ?? {}) as z.output<Q>,
        body: (body?.parse(input.body ?? {}) ?? {}) as z.output<B>,
      };
      return work(node, checked, machine);
    },
  };
}

/** Without the fields that were not given: an absent one means something else than none. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // Those that were undefined are gone, which is what the type says.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
