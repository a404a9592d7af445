/** The frame of every page a partner gets from landing: plain, accessible, complete in itself. */

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Colours have at least 4.5:1 contrast; the frame works at 400 % zoom, in print and without colour. */
const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 1.1875rem/1.4 Arial, Helvetica, sans-serif; color: #0b0c0c; background: #fff; }
header { background: #12436d; color: #fff; padding: 0.75rem 1rem; font-weight: bold; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 2rem; line-height: 1.15; margin: 0 0 1.25rem; }
h2 { font-size: 1.5rem; line-height: 1.25; margin: 2rem 0 0.75rem; }
a { color: #12436d; }
a:focus, [tabindex]:focus { outline: 3px solid #0b0c0c; outline-offset: 0; background: #fd0; }
.lead { font-size: 1.5rem; }
.error-summary { border: 5px solid #d4351c; padding: 1rem 1.25rem; margin-bottom: 1.5rem; }
.error-summary h2 { margin-top: 0; }
.summary { margin: 0 0 1.5rem; }
.summary div { display: flex; flex-wrap: wrap; border-bottom: 1px solid #b1b4b6; padding: 0.4rem 0; }
.summary dt { font-weight: bold; width: 15rem; }
.summary dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll:focus { background: #fff; }
table { border-collapse: collapse; width: 100%; font-size: 1rem; }
caption { text-align: left; padding-bottom: 0.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 1rem 0.5rem 0; border-bottom: 1px solid #b1b4b6; }
tbody th { font-weight: normal; white-space: nowrap; }
.value, code { font-family: ui-monospace, monospace; background: #f3f2f1; padding: 0 0.25rem; white-space: pre-wrap; }
@media print { header { color: #000; background: none; } .scroll { overflow: visible; } }
`;

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>Thames Valley Together</header>
<main>${body}
</main>
</body>
</html>
`;
}
