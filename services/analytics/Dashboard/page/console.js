// Shows GET /v1/analytics/summary. Whatever comes from outside is put into the page as text, never as markup.

const refreshEvery = 5_000;
const answerWithin = 10_000;
const stored = 'agents.key';
const find = id => document.getElementById(id);

// ---- values ----

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const none = '–';
const or = format => value => value === undefined || value === null ? none : format(value);

const count = or(value => whole.format(value));
const rate = or(value => fine.format(value));
// One failure among very many must not look like none.
const share = or(value => value > 0 && value < 0.001 ? `< ${percent.format(0.001)}` : value > 0.999 && value < 1 ? `> ${percent.format(0.999)}` : percent.format(value));
const money = or(micros => Number(micros) >= 1_000_000 ? cents.format(Number(micros) / 1_000_000) : fine.format(Number(micros) / 1_000_000));
const duration = or(ms => ms < 1_000 ? `${whole.format(ms)} ms` : `${fine.format(ms / 1_000)} s`);

// ---- the five groups ----

const groups = [
  {
    title: 'Business',
    figures: ({ business: it }) => [
      ['Sessions started', count(it.sessions_started)],
      ['Sessions ended', count(it.sessions_ended)],
      ['Resolved', count(it.resolved)],
      ['Escalated', count(it.escalated)],
      ['Needed no person', share(it.deflection_rate)],
      ['Cost', money(it.cost_micros)],
      ['Cost per session', money(it.cost_micros_per_session)],
      ['Cost per resolution', money(it.cost_micros_per_resolution)],
    ],
  },
  {
    title: 'Quality',
    figures: ({ quality: it }) => [
      ['Turns answered', share(it.completion_rate)],
      ['Satisfaction', share(it.satisfaction)],
      ['Rated up', count(it.feedback_up)],
      ['Rated down', count(it.feedback_down)],
      ['Groundedness', share(it.groundedness)],
      ['Guardrails triggered', count(it.guardrails_triggered)],
    ],
  },
  {
    title: 'Agent',
    figures: ({ agent: it }) => [
      ['Turns', count(it.turns)],
      ['Failed', count(it.failed)],
      ['Error rate', share(it.error_rate)],
      ['Turns per second', rate(it.requests_per_second)],
      ['First token, median', duration(it.ttft_ms?.p50)],
      ['First token, 95 %', duration(it.ttft_ms?.p95)],
      ['First token, 99 %', duration(it.ttft_ms?.p99)],
      ['Answer, median', duration(it.latency_ms?.p50)],
      ['Answer, 95 %', duration(it.latency_ms?.p95)],
      ['Answer, 99 %', duration(it.latency_ms?.p99)],
    ],
  },
  {
    title: 'Infrastructure',
    figures: ({ infrastructure: it }) => [
      ...(it.replicas ?? []).map(app => [`Replicas of ${app.app_id}`, count(app.alive)]),
      ...(it.replicas ? [['Joins', count(it.joins)], ['Leaves', count(it.leaves)]] : []),
      ['Documents indexed', count(it.documents_ready)],
      ['Documents failed', count(it.documents_failed)],
      ['Events archived', count(it.events_archived)],
      ['Events ignored', count(it.ignored_events)],
    ],
  },
  {
    title: 'Model',
    wide: true,
    figures: ({ model: it }) => [
      ['Calls', count(it.calls)],
      ['Errors', count(it.errors)],
      ['Rate limited', count(it.rate_limited)],
      ['Tokens in', count(it.tokens_in)],
      ['Tokens out', count(it.tokens_out)],
      ['Tokens cached', count(it.tokens_cached)],
      ['Cost', money(it.cost_micros)],
      ['Cost per call', money(it.cost_micros_per_call)],
    ],
    table: ({ model: it }) => ({
      caption: 'By model',
      head: ['Model', 'Calls', 'Errors', 'Tokens in', 'Tokens out', 'Cost', 'Cost per call'],
      rows: it.by_model.map(one => [
        one.model, count(one.calls), count(one.errors), count(one.tokens_in), count(one.tokens_out), money(one.cost_micros), money(one.cost_micros_per_call),
      ]),
    }),
  },
];

function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  if (Array.isArray(content)) made.append(...content);
  else made.textContent = content;
  return made;
}

function figure([label, value]) {
  return element('div', [element('dt', label), element('dd', value, { className: value === none ? 'none' : '' })]);
}

function table({ caption, head, rows }) {
  const headings = element('tr', head.map(text => element('th', text, { scope: 'col' })));
  const lines = rows.map(([name, ...cells]) => element('tr', [element('th', name, { scope: 'row' }), ...cells.map(text => element('td', text))]));
  const made = element('table', [element('caption', caption), element('thead', [headings]), element('tbody', lines)]);
  return element('div', [made], { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: caption });
}

function card(group, summary) {
  const made = element('section', [element('h2', group.title), element('dl', group.figures(summary).map(figure))], { className: group.wide ? 'group wide' : 'group' });
  made.setAttribute('aria-label', group.title);
  const rows = group.table?.(summary);
  if (rows?.rows.length) made.append(table(rows));
  return made;
}

// ---- what the page shows ----

function show(summary) {
  fail(null);
  find('sign-in').hidden = true;
  find('controls').hidden = find('groups').hidden = false;
  find('empty').hidden = summary.agent.turns + summary.model.calls + summary.business.sessions_started + summary.infrastructure.documents_ready > 0;
  const scrolled = document.querySelector('.scroll')?.scrollLeft ?? 0;
  find('groups').replaceChildren(...groups.map(group => card(group, summary)));
  document.querySelector('.scroll')?.scrollTo({ left: scrolled });
  find('status').textContent = status(summary);
}

function status(summary) {
  const time = text => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const parts = [`${time(summary.from)} to ${time(summary.to)}`, `read at ${new Date().toLocaleTimeString()}`];
  if (summary.provisional) parts.push('provisional: the last minutes may still change');
  return parts.join(' · ');
}

function askForKey(why) {
  sessionStorage.removeItem(stored);
  find('controls').hidden = find('groups').hidden = find('empty').hidden = true;
  find('sign-in').hidden = false;
  find('status').textContent = '';
  fail(why);
  find('key').focus();
}

// Only a change is announced, or a screen reader would repeat the same error every few seconds.
function fail(why) {
  const place = find('error');
  if ((why ?? '') !== place.textContent) place.textContent = why ?? '';
  place.hidden = !why;
}

// ---- asking ----

let asking = new AbortController();
let next;

async function refresh() {
  clearTimeout(next);
  asking.abort();
  const key = sessionStorage.getItem(stored);
  if (!key) return askForKey(null);
  const mine = asking = new AbortController();
  try {
    await ask(key, mine.signal);
  } catch {
    if (mine.signal.aborted) return;
    fail('The server does not answer. Trying again every 5 seconds; figures on this page may be old.');
  }
  if (!mine.signal.aborted && sessionStorage.getItem(stored)) next = setTimeout(refresh, refreshEvery);
}

async function ask(key, signal) {
  const from = new Date(Date.now() - Number(find('range').value) * 3_600_000 + 60_000).toISOString();
  const answer = await fetch(`/v1/analytics/summary?from=${from}`, {
    headers: { Authorization: `Bearer ${key}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithin)]),
  });
  const body = await answer.json();
  if (signal.aborted) return;
  if (answer.ok) show(body);
  else if (answer.status === 401) askForKey('This key is unknown, expired or revoked. Type another one.');
  else if (answer.status === 403) askForKey('This key is valid but lacks the scope "analytics". Type another one.');
  else fail(`${body.detail ?? `The server answered ${answer.status}.`}${body.trace_id ? ` (trace ${body.trace_id})` : ''}`);
}

function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given === null) return;
  // Out of the address bar and the history at once.
  history.replaceState(null, '', location.pathname);
  sessionStorage.setItem(stored, given);
}

find('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem(stored, find('key').value.trim());
  find('key').value = '';
  refresh();
});
find('forget').addEventListener('click', () => {
  sessionStorage.removeItem(stored);
  refresh();
});
find('range').addEventListener('change', refresh);
window.addEventListener('hashchange', () => {
  takeKeyFromAddress();
  refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(next);
  else refresh();
});

takeKeyFromAddress();
refresh();
