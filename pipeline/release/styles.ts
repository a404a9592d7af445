/** The one style sheet of the pages we hand out: system fonts, WCAG 2.2 AA contrast, wide tables scroll by themselves. */

export const STYLES = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;color:#0b0c0c;background:#fff;font:1.1875rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
.skip{position:absolute;left:-999em;padding:.5em 1em}
.skip:focus{position:static;display:block;left:0}
a{color:#1d70b8;text-underline-offset:.15em}
a:hover{color:#003078;text-decoration-thickness:3px}
:focus-visible{outline:3px solid #0b0c0c;outline-offset:0;background:#fd0;color:#0b0c0c}
.table-scroll:focus-visible,pre:focus-visible{background:none}
header{background:#12436d;color:#fff;border-bottom:10px solid #28a197}
.wrap{max-width:70rem;margin:0 auto;padding:0 1rem}
header .wrap{padding-top:.9rem;padding-bottom:.9rem}
.service{font-weight:700;font-size:1.25rem;margin:0}
.handling{margin:0;font-size:1rem}
main{padding-bottom:3rem}
h1{font-size:2.25rem;line-height:1.15;margin:1.75rem 0 1rem}
h2{font-size:1.6875rem;line-height:1.2;margin:3rem 0 1rem;padding-top:1rem;border-top:1px solid #b1b4b6}
h3{font-size:1.25rem;line-height:1.3;margin:1.75rem 0 .5rem}
p,ul,ol,dl{max-width:44em;margin:0 0 1rem}
.lede{font-size:1.375rem}
.contents ol{padding-left:1.3em}
.contents li{padding:.1rem 0}
dl.facts{display:grid;grid-template-columns:minmax(9em,14em) 1fr;gap:0;max-width:60em}
.facts dt,.facts dd{margin:0;padding:.45rem 1rem .45rem 0;border-bottom:1px solid #b1b4b6}
.facts dt{font-weight:700}
.inset{border-left:10px solid #b1b4b6;padding:.75rem 1rem;margin:1.5rem 0}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1.5rem 2rem;margin:0 0 1rem}
.panels.wide{grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr))}
.panels>div{min-width:0}
.single{max-width:34rem}
.single.map-only{max-width:22rem}
figure{margin:0 0 1.5rem}
figcaption{max-width:44em;margin:.5rem 0 1rem}
svg.chart,svg.map{display:block;width:100%;height:auto}
svg text{font-family:inherit;font-size:12.5px;fill:#0b0c0c}
svg .label{text-anchor:end}
svg .tick{fill:#505a5f;font-size:11px}
svg .tick{text-anchor:middle}
svg .axis{stroke:#d8dadb;stroke-width:1}
svg .withheld{fill:#505a5f;font-style:italic}
svg .value{font-weight:700}
svg .district{stroke:#0b0c0c;stroke-width:.8;stroke-linejoin:round}
svg .on-map,svg .on-hatch{text-anchor:middle;font-weight:700}
svg .on-hatch{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}
svg .light{fill:#fff}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;padding:0;font-size:1rem;max-width:none}
.key li{display:flex;align-items:center;gap:.5rem}
.swatch{width:24px;height:16px}
.table-scroll{overflow-x:auto;margin:0 0 1.5rem}
table{border-collapse:collapse;width:100%;font-size:1rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:700;font-size:1.1875rem;padding:0 0 .5rem}
caption span{display:block;font-weight:400;font-size:1rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-bottom:1px solid #b1b4b6}
thead th{vertical-align:bottom}
.number{text-align:right}
td.gap{color:#505a5f}
tr.total>*,.number.total{font-weight:700;background:#f3f2f1}
tr.total>th{padding-left:.4rem}
pre{overflow:auto;max-height:30rem;padding:1rem;border:1px solid #b1b4b6;background:#f3f2f1;font-size:.9rem;line-height:1.4}
summary{cursor:pointer;color:#1d70b8;text-decoration:underline;padding:.25rem 0}
code{font-family:ui-monospace,"Liberation Mono",Menlo,Consolas,monospace;font-size:.95em;overflow-wrap:anywhere}
footer{border-top:1px solid #b1b4b6;background:#f3f2f1;padding:1.5rem 0;font-size:1rem}
footer p{margin:0 0 .5rem}
@media (max-width:40em){h1{font-size:1.75rem}dl.facts{grid-template-columns:1fr}.facts dt{border-bottom:0;padding-bottom:0}}
@media (forced-colors:active){svg .district{stroke:CanvasText}}
@media print{header{color:#000;background:none}.skip,.contents{display:none}.table-scroll{overflow:visible}h2{break-after:avoid}figure,tr{break-inside:avoid}}
`.trim();
