/** What a result is shown as: a figure that can be run again, a report, a table, a picture. */

export { renderCsv } from './csv.ts';
export { renderFigure } from './figure.ts';
export { type FigureData, type FigureTrace, NotAFigure, readFigure } from './figure-data.ts';
export { renderPng } from './png.ts';
export { renderRacePage } from './race-page.ts';
export { renderReport } from './report.ts';
