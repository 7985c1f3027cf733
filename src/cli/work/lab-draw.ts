/** Draws a result into its folder: figure, table of points, page; owns nothing. */

import { join } from 'node:path';
import { renderCsv, renderFigure, renderPng, renderReport } from '../../lab/report/index.ts';
import type { ExperimentResult } from '../../lab/result.ts';
import { replaceFile } from '../../lab/result-folder.ts';

/** The path of the page. */
export async function drawResult(folder: string, result: ExperimentResult): Promise<string> {
  const figure = renderFigure(result);
  replaceFile(join(folder, 'points.csv'), renderCsv(result));
  replaceFile(join(folder, 'figure.svg'), figure);
  replaceFile(join(folder, 'figure.png'), await renderPng(figure));
  const report = join(folder, 'report.html');
  replaceFile(report, renderReport(result, figure));
  return report;
}
