/** The named schemas of the API: what requests and answers look like, for checking them and for the OpenAPI document. Owns the register. */

import { z } from 'zod';

/** Every schema that has a name is a component of the document. */
export const SCHEMA_BOOK = z.registry<{ id: string }>();

type Frozen<T> = T extends readonly (infer E)[] ? readonly Frozen<E>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** The schema of a view: a field more, less or other than the view's type is an error of types. */
export function viewSchema<View>() {
  return <S extends z.ZodType>(
    id: string,
    schema: S,
    ..._differs: Same<Frozen<View>, Frozen<z.output<S>>> extends true ? [] : [differs: never]
  ): S => named(id, schema);
}

export function named<S extends z.ZodType>(id: string, schema: S): S {
  SCHEMA_BOOK.add(schema, { id });
  return schema;
}

/** A list of literals that has every member of a union, whatever order they are given in. */
export function literals<T extends string>() {
  return <const L extends readonly T[]>(...list: [T] extends [L[number]] ? L : never): z.ZodEnum<{ [K in T]: K }> =>
    // Both have the same members, which the parameter's type has just said.
    z.enum(list as unknown as { [K in T]: K });
}
