// The console: signs in, and reads everything again every few seconds.

import { Refused, forgetKey, get, keepKey, keyHeld } from '/api.js';
import { clearCharts, showCharts } from '/charts.js';
import { startOver } from '/chat.js';
import { find, moment } from '/page.js';
import { showSummary } from '/summary.js';
import { hideWork, showWork } from '/work.js';

const refreshEvery = 5_000;
const parts = ['controls', 'groups', 'talk', 'work', 'charts'];

let reading = new AbortController();
let next;

async function refresh() {
  clearTimeout(next);
  reading.abort();
  if (!keyHeld()) return askForKey(null);
  const mine = reading = new AbortController();
  try {
    await show(mine.signal);
  } catch (problem) {
    if (mine.signal.aborted) return;
    if (problem.status === 401) askForKey('This key is unknown, expired or revoked. Type another one.');
    else if (problem.status === 403) askForKey('This key is valid but lacks the scope "analytics". Type another one.');
    else fail(problem instanceof Refused ? problem.message : 'The server does not answer. Trying again every 5 seconds; figures on this page may be old.');
  }
  if (!mine.signal.aborted && keyHeld()) next = setTimeout(refresh, refreshEvery);
}

async function show(signal) {
  const hours = Number(find('range').value);
  const from = new Date(Date.now() - hours * 3_600_000 + 60_000).toISOString();
  const summary = await get(`/v1/analytics/summary?from=${from}`, signal);
  fail(null);
  find('sign-in').hidden = true;
  find('controls').hidden = find('groups').hidden = find('talk').hidden = false;
  showSummary(summary);
  await Promise.all([showCharts(hours, from, signal), showWork(signal).catch(withoutJobs)]);
  find('status').textContent = status(summary);
}

// A key may read figures and not jobs.
function withoutJobs(problem) {
  if (problem.status !== 403) throw problem;
  hideWork();
}

function status(summary) {
  const told = [`${moment(summary.from)} to ${moment(summary.to)}`, `read at ${new Date().toLocaleTimeString()}`];
  if (summary.provisional) told.push('provisional: the last minutes may still change');
  return told.join(' · ');
}

function askForKey(why) {
  forgetKey();
  startOver();
  clearCharts();
  for (const part of [...parts, 'empty']) find(part).hidden = true;
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

function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given === null) return;
  // Out of the address bar and the history at once.
  history.replaceState(null, '', location.pathname);
  keepKey(given);
}

find('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  keepKey(find('key').value.trim());
  find('key').value = '';
  refresh();
});
find('forget').addEventListener('click', () => {
  forgetKey();
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
