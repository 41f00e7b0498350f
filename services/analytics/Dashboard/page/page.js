// What all parts of the page share: elements and how values are written. Whatever comes from outside is put into the page as text,
// never as markup.

export const find = id => document.getElementById(id);

export function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  if (Array.isArray(content)) made.append(...content);
  else made.textContent = content;
  return made;
}

export function table({ caption, head, rows }) {
  const headings = element('tr', head.map(text => element('th', text, { scope: 'col' })));
  const lines = rows.map(([name, ...cells]) => element('tr', [element('th', name, { scope: 'row' }), ...cells.map(cell => element('td', cell))]));
  const made = element('table', [element('caption', caption), element('thead', [headings]), element('tbody', lines)]);
  return element('div', [made], { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: caption });
}

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const none = '–';
const or = format => value => value === undefined || value === null ? none : format(value);

export const count = or(value => whole.format(value));
export const rate = or(value => fine.format(value));
// One failure among very many must not look like none.
export const share = or(value => value > 0 && value < 0.001 ? `< ${percent.format(0.001)}` : value > 0.999 && value < 1 ? `> ${percent.format(0.999)}` : percent.format(value));
export const money = or(micros => Number(micros) >= 1_000_000 ? cents.format(Number(micros) / 1_000_000) : fine.format(Number(micros) / 1_000_000));
export const duration = or(ms => ms < 1_000 ? `${whole.format(ms)} ms` : `${fine.format(ms / 1_000)} s`);
export const moment = or(text => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }));
