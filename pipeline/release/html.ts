/** Markup with every value escaped: text can only become markup through `html` itself. */

export interface Html {
  readonly html: string;
}
type Value = Html | string | number | null | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: parts.reduce((text, part, index) => text + markup(values[index - 1] ?? null) + part) };
}

function markup(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return value.map((item) => item.html).join('');
  return value.html;
}

const isList = (value: Html | readonly Html[]): value is readonly Html[] => Array.isArray(value);
