/** The style of the page of the race, over that of reports: one sheet of A4 or A3 across, a column on a phone. Owns no state. */

import { FIGURE_STYLE } from './figure-style.ts';
import { Markup } from './markup.ts';

/** From here on the screen shows the sheet as paper does. */
const SHEET_PX = 1000;

export const RACE_STYLE = new Markup(`
${FIGURE_STYLE.text}
.race{max-width:88rem;padding:1rem 1rem 2rem}
.race h1{margin:0;font-size:1.6rem}
.race .question{margin:.1rem 0 .6rem;font-size:1rem}
.race h2{margin:0;padding:0;border:0;font-size:.95rem}
.race h2 small{display:block;font-weight:400;font-size:.8rem;color:var(--muted)}
.race .scroll{margin:0 0 .75rem}
.race table{font-size:.85rem}
.race th,.race td{padding:.16rem .45rem}
.race thead th{font-size:.78rem;line-height:1.2}
.race thead th small{display:block;font-weight:400;font-size:.72rem}
.race thead tr:first-child th{text-align:center;color:var(--ink);white-space:nowrap}
.race .first{border-left:2px solid var(--grid)}
.race tbody th{white-space:nowrap;font-weight:600;position:sticky;left:0;background:var(--background)}
.race tbody th svg{display:inline-block;width:2rem;height:.8rem;vertical-align:-.08rem;margin-right:.4rem;background:none}
.race .best{font-weight:700;background:var(--agrees-ground);color:var(--agrees-text)}
.race figure{margin:0}
.race figure svg{border:0;border-radius:0;max-width:none}
.race .small-print{font-size:.75rem;line-height:1.4;color:var(--muted);columns:2;column-gap:2rem;margin-top:.6rem}
.race .small-print p{margin:0 0 .25rem}
.race .small-print ul{list-style:none;margin:0 0 .25rem;padding:0}
.race .multiples{display:grid;align-content:start;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.5rem 1rem}
.race .pictures{display:grid;gap:.75rem 1.5rem}
@media screen and (min-width:${SHEET_PX}px){
.race .pictures{grid-template-columns:3fr 2fr}
.race .multiples{grid-template-columns:repeat(3,1fr)}
}
@media screen and (max-width:${SHEET_PX}px){.race .small-print{columns:1}}
@media print{
@page{size:A4 landscape;margin:7mm 8mm}
.race{max-width:none;padding:0}
.race h1{font-size:15pt}
.race .question{font-size:9pt;margin:0 0 1.5mm}
.race table{font-size:8pt}
.race thead th{font-size:7pt}
.race thead th small{font-size:6.2pt}
.race th,.race td{padding:.25mm 1.2mm}
.race .scroll{margin:0 0 2mm}
.race h2{font-size:8pt}
.race h2 small{font-size:6.6pt}
.race .best{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.race .pictures{grid-template-columns:61fr 39fr;gap:0 5mm}
.race .multiples{grid-template-columns:repeat(3,1fr);gap:1.5mm 3mm}
.race figure svg{width:100%;max-height:none}
.race .small-print{font-size:6pt;line-height:1.25;margin-top:1.5mm;column-gap:6mm}
.race .small-print p,.race .small-print ul{margin:0 0 .4mm}
}
`);
