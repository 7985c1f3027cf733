/** The style of a report: light and dark as the reader has it, from a phone's width up, light on paper. Every pair of colours that text is set in has 4.5 to 1 and more. Owns no state. */

import { DARK, LIGHT, type Theme } from './figure-style.ts';
import { Markup } from './markup.ts';

/** Of a verdict: its ground and the text on it. */
export interface VerdictColours {
  readonly ground: string;
  readonly text: string;
}

type Verdicts = Readonly<Record<'agrees' | 'disagrees' | 'inconclusive' | 'measured', VerdictColours>>;

export const LIGHT_VERDICTS: Verdicts = {
  agrees: { ground: '#e3f4e8', text: '#0b5428' },
  disagrees: { ground: '#fde8e8', text: '#8c0017' },
  inconclusive: { ground: '#fdf1cd', text: '#644700' },
  measured: { ground: '#e6effb', text: '#0b4787' },
};

export const DARK_VERDICTS: Verdicts = {
  agrees: { ground: '#11301d', text: '#93e3ae' },
  disagrees: { ground: '#3a1519', text: '#ffb4b4' },
  inconclusive: { ground: '#33290d', text: '#f2d57e' },
  measured: { ground: '#12273e', text: '#a9d0ff' },
};

/** Below it the narrow figure stands in for the wide one. */
const NARROW_PX = 600;

export const REPORT_STYLE = new Markup(`
:root{color-scheme:light dark;${variables(LIGHT, LIGHT_VERDICTS)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(DARK, DARK_VERDICTS)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--background);color:var(--ink);font:1rem/1.5 Inter,ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;overflow-wrap:break-word}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:.25rem 0 1rem;text-wrap:balance}
h2{font-size:1.2rem;line-height:1.3;margin:2.5rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--grid)}
p,ul{margin:.5rem 0}
ul{padding-left:1.25rem}
.muted{color:var(--muted)}
.eyebrow{margin:0;color:var(--muted);font-size:.875rem}
.question{font-size:1.15rem;margin:1rem 0 1.25rem}
.verdict{display:flex;gap:.9rem;align-items:flex-start;padding:.9rem 1rem;border-radius:.5rem;border-left:.35rem solid currentColor}
.verdict .icon{font-size:1.75rem;line-height:1.1;font-weight:700;flex:none;width:1.75rem;text-align:center}
.verdict p{margin:.25rem 0 0;font-size:1.15rem;line-height:1.35}
.verdict p+p{font-size:1rem}
.agrees{background:var(--agrees-ground);color:var(--agrees-text)}
.disagrees{background:var(--disagrees-ground);color:var(--disagrees-text)}
.inconclusive{background:var(--inconclusive-ground);color:var(--inconclusive-text)}
.measured{background:var(--measured-ground);color:var(--measured-text)}
.chip{display:inline-block;padding:0 .5rem;border-radius:.75rem;font-size:.875rem;white-space:nowrap}
figure{margin:1rem 0}
figure svg{display:block;width:100%;height:auto;max-width:47.5rem;border:1px solid var(--grid);border-radius:.5rem}
.narrow{display:none}
.claims{list-style:none;padding:0}
.claims li{display:flex;gap:.6rem;align-items:baseline;padding:.35rem 0}
.claims .chip{flex:none;min-width:6.2rem;text-align:center}
.scroll{overflow-x:auto;margin:.75rem 0;border:1px solid var(--grid);border-radius:.5rem}
.scroll.tall{max-height:24rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;padding:.6rem .7rem;font-weight:600}
caption span{display:inline-block;position:sticky;left:.7rem;max-width:calc(100vw - 4rem)}
th,td{padding:.35rem .7rem;text-align:left;vertical-align:baseline;border-top:1px solid var(--grid)}
thead th{font-weight:600;color:var(--muted);font-size:.875rem;vertical-align:bottom}
thead th:first-child{min-width:5rem}
th[scope=row].number,thead th.number:first-child{position:sticky;left:0;background:var(--background)}
tbody th{font-weight:400}
th[scope=rowgroup]{font-weight:600;padding-top:.75rem}
thead .number,tbody .number{text-align:right;font-variant-numeric:tabular-nums}
tbody .number{white-space:nowrap}
.ours{font-weight:600}
td .muted{font-size:.85em}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.75rem 0}
dt{color:var(--muted)}
dd{margin:0;min-width:0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.875em}
pre{margin:.5rem 0;padding:.75rem;overflow-x:auto;background:var(--well);border-radius:.5rem}
details{margin:.75rem 0}
summary{cursor:pointer;padding:.25rem 0;font-weight:600}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:.25rem}
@media screen and (max-width:${NARROW_PX}px){
main{padding-top:1rem}
.wide{display:none}
.narrow{display:block}
dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.5rem}
.claims li{flex-direction:column;gap:.2rem}
}
@media print{
@page{size:A4;margin:16mm 15mm}
:root{color-scheme:light}
body{font-size:10pt}
main{max-width:none;padding:0}
h1{font-size:18pt}
h2{font-size:12.5pt;margin-top:1.5rem;break-after:avoid}
.verdict,.claims li,figure,tbody:has(th[scope=rowgroup]),tr,dl{break-inside:avoid}
.verdict,.chip{print-color-adjust:exact;-webkit-print-color-adjust:exact}
table{font-size:9pt}
caption,thead{break-after:avoid}
tr:has(th[scope=rowgroup]){break-after:avoid}
thead{display:table-header-group}
thead th{font-size:9pt}
figure svg{border:0;width:auto;max-width:100%;max-height:180mm}
.scroll,.scroll.tall,pre{overflow:visible;max-height:none;border:0}
pre{white-space:pre-wrap}
}
`);

function variables({ background, ink, muted, grid, hues }: Theme, verdicts: Verdicts): string {
  const named = Object.entries(verdicts).flatMap(([name, { ground, text }]) => [`--${name}-ground:${ground}`, `--${name}-text:${text}`]);
  return [
    `--background:${background}`,
    `--ink:${ink}`,
    `--muted:${muted}`,
    `--grid:${grid}`,
    `--well:${grid}80`,
    `--focus:${hues[0]}`,
    ...named,
  ].join(';');
}
