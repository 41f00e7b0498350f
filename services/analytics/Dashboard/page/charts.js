// Figures over time. The library comes with the build where npm was there; without it the page has none of this.

import uPlot from '/uplot.js';
import { get } from '/api.js';
import { element, find, money, count, duration } from '/page.js';

const height = 170;
const wholeSteps = Array.from({ length: 30 }, (_, at) => [1, 2, 5][at % 3] * 10 ** Math.floor(at / 3));
const steps = { 1: 'minute', 24: 'hour', 168: 'hour', 744: 'day' };

const charts = [
  { title: 'Turns', write: count, whole: true, least: 4, bars: true, lines: [['turns', 'all', '--accent'], ['turns_failed', 'failed', '--bad']] },
  { title: 'Time to answer', write: duration, least: 100, lines: [['latency_p50', 'median', '--accent'], ['latency_p95', '95 %', '--warm'], ['first_token_p95', 'first token, 95 %', '--soft']] },
  { title: 'Cost', write: money, least: 10_000, bars: true, lines: [['cost', 'all models', '--accent']] },
  { title: 'Quality', write: value => `${Math.round(value * 100)} %`, least: 1, most: 1, lines: [['groundedness', 'groundedness', '--accent'], ['satisfaction', 'satisfaction', '--warm']] },
  { title: 'Jobs', write: count, whole: true, least: 4, lines: [['queue_depth', 'waiting', '--warm'], ['jobs_succeeded', 'done', '--accent'], ['jobs_dead', 'dead', '--bad']] },
];

const names = [...new Set(charts.flatMap(chart => chart.lines.map(([name]) => name)))];
const drawn = new Map();
let shown;

// A canvas knows nothing of the page's variables: an element in that colour tells which one it is.
function colour(name) {
  const probe = find('charts').appendChild(element('i', '', { hidden: true }));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Reads and draws the last hours. */
export async function showCharts(hours, from, signal) {
  if (!uPlot) return;
  const answer = await get(`/v1/analytics/figures?figures=${names}&step=${steps[hours]}&from=${from}`, signal);
  find('charts').hidden = false;
  if (shown !== hours) clearCharts();
  shown = hours;
  const series = new Map(answer.series.map(one => [one.figure, one]));
  const times = answer.steps.map(step => Date.parse(step) / 1_000);
  for (const chart of charts) draw(chart, times, series);
}

export function clearCharts() {
  for (const { plot } of drawn.values()) plot.destroy();
  drawn.clear();
  find('charts').replaceChildren();
}

function draw(chart, times, series) {
  const data = [times, ...chart.lines.map(([name]) => series.get(name).points)];
  const told = chart.lines.map(([name, label]) => `${label}: ${series.get(name).whole === null ? 'no data' : chart.write(series.get(name).whole)}`).join(', ');
  let place = drawn.get(chart.title);
  if (place) {
    place.plot.setData(data);
  } else {
    const area = element('div', []);
    const box = element('section', [element('h2', chart.title), area], { className: 'chart' });
    find('charts').append(box);
    place = { area, plot: new uPlot(options(chart, area.clientWidth), data, area) };
    drawn.set(chart.title, place);
    new ResizeObserver(() => area.isConnected && place.plot.setSize({ width: area.clientWidth, height })).observe(area);
  }
  place.area.role = 'img';
  place.area.ariaLabel = `${chart.title} over the whole time: ${told}`;
}

function options(chart, width) {
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  return {
    width,
    height,
    cursor: { y: false },
    scales: { y: { range: (_, __, max) => [0, chart.most ?? Math.max(chart.least, (max ?? 0) * 1.1)] } },
    axes: [axis, { ...axis, size: 70, values: (_, values) => values.map(chart.write), ...(chart.whole ? { incrs: wholeSteps } : {}) }],
    series: [
      {},
      ...chart.lines.map(([, label, stroke]) => ({
        label,
        stroke: colour(stroke),
        ...(chart.bars
          ? { fill: colour(stroke), width: 0, paths: uPlot.paths.bars({ size: [0.7, 40] }), points: { show: false } }
          : { width: 2, points: { show: true, size: 5 } }),
        value: (_, value) => value === null || value === undefined ? '–' : chart.write(value),
      })),
    ],
  };
}
