// The figures of GET /v1/analytics/summary, group by group.

import { count, duration, element, find, money, none, rate, share, table } from '/page.js';

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

function figure([label, value]) {
  return element('div', [element('dt', label), element('dd', value, { className: value === none ? 'none' : '' })]);
}

function card(group, summary) {
  const made = element('section', [element('h2', group.title), element('dl', group.figures(summary).map(figure))], { className: group.wide ? 'group wide' : 'group' });
  made.setAttribute('aria-label', group.title);
  const rows = group.table?.(summary);
  if (rows?.rows.length) made.append(table(rows));
  return made;
}

export function showSummary(summary) {
  find('empty').hidden = summary.agent.turns + summary.model.calls + summary.business.sessions_started + summary.infrastructure.documents_ready > 0;
  const scrolled = document.querySelector('#groups .scroll')?.scrollLeft ?? 0;
  find('groups').replaceChildren(...groups.map(group => card(group, summary)));
  document.querySelector('#groups .scroll')?.scrollTo({ left: scrolled });
}
