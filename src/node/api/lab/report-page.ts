/**
 * The report of an experiment as a page: a file of its own without a script, made by `kith lab`, that may look as it likes and reach nothing.
 * Owns no state.
 */

import { readFile } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';

export const REPORT_ROUTE = {
  path: '/lab/runs/{run}/report',
  id: 'getReport',
  summary: 'The page of a result: verdict, figure, table, set-up. It needs no network and no script.',
};

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";

export async function sendReport(reply: FastifyReply, path: string): Promise<FastifyReply> {
  const page = await readFile(path);
  return reply.header('content-type', 'text/html; charset=utf-8').header('content-security-policy', POLICY).send(page);
}
