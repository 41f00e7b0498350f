// The latest jobs, and those that used up their attempts.

import { get, post } from '/api.js';
import { duration, element, find, moment, table } from '/page.js';

const shown = 10;

/** Reads and shows them; a key without the scope for jobs sees none. */
export async function showWork(signal) {
  const [jobs, dead] = await Promise.all([get(`/v1/jobs?limit=${shown}&order=desc`, signal), get(`/v1/dead-letters?limit=${shown}&order=desc`, signal)]);
  find('work').hidden = false;
  const parts = [element('h2', 'Jobs')];
  if (jobs.data.length === 0) parts.push(element('p', 'No jobs yet: POST /v1/jobs with {"kind": "turn", "input": "…"}.'));
  else parts.push(latest(jobs));
  if (dead.data.length > 0) parts.push(letters(dead, signal));
  find('work').replaceChildren(...parts);
}

export function hideWork() {
  find('work').hidden = true;
}

const latest = jobs => table({
  caption: `The latest jobs${jobs.has_more ? `, ${shown} of more` : ''}`,
  head: ['Job', 'Status', 'Agent', 'Lane', 'Accepted', 'Waited', 'Ran', 'Attempts'],
  rows: jobs.data.map(job => [job.id, job.status, job.agent, job.lane ?? '–', moment(job.created_at), duration(job.queued_ms), duration(job.run_ms), String(job.attempts)]),
});

const letters = (dead, signal) => table({
  caption: `Dead letters${dead.has_more ? `, ${shown} of more` : ''}`,
  head: ['Job', 'Why', 'Agent', 'Lane', 'Ended', 'Attempts', ''],
  rows: dead.data.map(job => [job.id, job.error?.message ?? '–', job.agent, job.lane ?? '–', moment(job.ended_at), String(job.attempts), [again(job, signal)]]),
});

function again(job, signal) {
  const button = element('button', 'Run again', { type: 'button', ariaLabel: `Run ${job.id} again` });
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await post(`/v1/jobs/${job.id}/redrive`);
      await showWork(signal);
    } catch (problem) {
      button.replaceWith(element('span', problem.message, { className: 'bad' }));
    }
  });
  return button;
}
