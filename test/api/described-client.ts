/** A client that knows an API by its OpenAPI document alone: operations by their ids, what is sent and what is answered held to the schemas. */

import assert from 'node:assert/strict';
import { z } from 'zod';
import type { ServedNode } from './served-node.ts';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Json }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>>;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly [{ readonly url: string }];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

export interface Input {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class DescribedClient {
  readonly document: Document;
  /** What was called, and how it was answered. */
  readonly called = new Set<string>();
  readonly #served: ServedNode;
  readonly #schemas = new Map<string, z.ZodType>();

  static async of(served: ServedNode): Promise<DescribedClient> {
    // What a document has is checked by using it.
    return new DescribedClient(served, (await (await served.ask('GET', '/api/v1/openapi.json')).json()) as Document);
  }

  private constructor(served: ServedNode, document: Document) {
    this.#served = served;
    this.document = document;
  }

  /** Of paths that begin so. */
  operations(below = '/'): string[] {
    const paths = Object.entries(this.document.paths).filter(([path]) => path.startsWith(below));
    return paths.flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
  }

  /** Rejects when what is sent, the status or the answer is not as the document says. */
  async call(id: string, { params = {}, query = {}, body }: Input = {}): Promise<{ status: number; body: Json }> {
    const [path, method, operation] = this.#find(id);
    this.#checkParameters(operation, 'path', params);
    this.#checkParameters(operation, 'query', query);
    const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const search = new URLSearchParams(query).toString();
    const types = Object.entries(operation.requestBody?.content ?? {});
    const [type, { schema } = {}] = types[0] ?? [];
    if (schema !== undefined) this.check(schema, body, `the body of ${id}`);
    const response = await this.#served.ask(method, `${this.document.servers[0].url}${place}${search === '' ? '' : `?${search}`}`, {
      ...(body !== undefined && { body }),
      headers: type === undefined ? {} : { 'content-type': type },
    });
    const { status } = response;
    const described = operation.responses[status] ?? operation.responses.default;
    assert.ok(described !== undefined, `${id} says nothing of ${status}`);
    this.called.add(`${id} ${status}`);
    const text = await response.text();
    if (described.content === undefined) {
      assert.equal(text, '', `${id} has a body with ${status}`);
      return { status, body: {} };
    }
    const parsed = JSON.parse(text) as Json;
    this.check(described.content['application/json']?.schema as Json, parsed, `${id}, ${status}`);
    return { status, body: parsed };
  }

  check(schema: Json, value: unknown, what: string): void {
    const result = this.#zodOf(schema).safeParse(value);
    assert.ok(result.success, `${what}: ${result.error?.message}\n${JSON.stringify(value)?.slice(0, 2_000)}`);
  }

  #find(id: string): [path: string, method: string, operation: Operation] {
    for (const [path, methods] of Object.entries(this.document.paths)) {
      for (const [method, operation] of Object.entries(methods))
        if (operation.operationId === id) return [path, method.toUpperCase(), operation];
    }
    throw new Error(`the document has no operation ${id}`);
  }

  #checkParameters({ operationId, parameters = [] }: Operation, place: string, given: Readonly<Record<string, string>>): void {
    const known = parameters.filter((parameter) => parameter.in === place);
    for (const { name, required, schema } of known) {
      if (given[name] !== undefined) this.check(schema, given[name], `${name} of ${operationId}`);
      else assert.ok(!required, `${operationId} needs ${name}`);
    }
    for (const name of Object.keys(given))
      assert.ok(
        known.some((parameter) => parameter.name === name),
        `${operationId} has no ${name}`,
      );
  }

  #zodOf(schema: Json): z.ZodType {
    const key = JSON.stringify(schema);
    let known = this.#schemas.get(key);
    if (known === undefined) {
      // References lead to the components, which JSON Schema looks for among its own definitions.
      const inOne = JSON.stringify({ ...schema, $defs: this.document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/');
      known = z.fromJSONSchema(JSON.parse(inOne) as Parameters<typeof z.fromJSONSchema>[0]);
      this.#schemas.set(key, known);
    }
    return known;
  }
}
