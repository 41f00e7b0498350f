// A chat with an agent: the answer as it is said, with what it cites. A stream that breaks is followed on, from where it broke.

import { events, post, send } from '/api.js';
import { duration, element, find, money } from '/page.js';

const ends = ['turn.completed', 'turn.failed', 'turn.cancelled'];
const attempts = 10;

let session;
let turn;

export function startOver() {
  session = turn = undefined;
  find('said').replaceChildren();
}

async function ask(input) {
  const answer = element('p', '', { className: 'answer' });
  const sources = element('ol', [], { className: 'sources' });
  const note = element('p', 'Thinking …', { className: 'note' });
  const block = element('div', [answer, sources, note], { className: 'turn' });
  find('said').append(element('p', input, { className: 'question' }), block);
  block.scrollIntoView({ block: 'nearest' });
  try {
    await follow(input, happened => show(happened, { answer, sources, note, block }));
  } catch (problem) {
    note.textContent = problem.message;
    note.className = 'note bad';
  }
}

async function follow(input, told) {
  let last;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const stream = await open(input, last);
      for await (const happened of events(stream)) {
        last = happened.id;
        attempt = 0;
        if (happened.event === 'turn.started') [session, turn] = [happened.data.session_id, happened.data.turn_id];
        told(happened);
        if (ends.includes(happened.event)) return;
      }
    } catch (problem) {
      if (problem.status || last === undefined) throw problem;
    }
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  throw new Error('The connection broke off, and nobody answers. Reload the page to go on.');
}

function open(input, last) {
  if (last !== undefined) return send('GET', `/v1/sessions/${session}/turns/${turn}/events`, null, { headers: { 'Last-Event-ID': last } });
  const path = session ? `/v1/sessions/${session}/turns` : '/v1/sessions';
  return send('POST', path, { input, stream: true });
}

function show({ event, data }, { answer, sources, note, block }) {
  switch (event) {
    case 'turn.restarted':
      answer.textContent = '';
      sources.replaceChildren();
      break;
    case 'turn.delta':
      answer.textContent += data.text;
      break;
    case 'turn.citation':
      sources.append(element('li', [element('details', [element('summary', data.title), element('p', data.text)])], { value: data.index }));
      break;
    case 'turn.tool':
      note.textContent = `${data.tool_name}: ${data.status}`;
      break;
    case 'turn.completed':
      note.textContent = `first word after ${duration(data.ttft_ms)}, all after ${duration(data.duration_ms)}, cost ${money(data.usage?.cost_micros ?? 0)}`;
      block.append(ratings());
      break;
    case 'turn.failed':
      note.textContent = `${data.error.message}${data.trace_id ? ` (trace ${data.trace_id})` : ''}`;
      note.className = 'note bad';
      break;
    case 'turn.cancelled':
      note.textContent = 'Cancelled.';
  }
}

function ratings() {
  const path = `/v1/sessions/${session}/turns/${turn}/feedback`;
  const buttons = [['up', 'Good answer'], ['down', 'Bad answer']].map(([rating, label]) => {
    const button = element('button', label, { type: 'button', ariaPressed: 'false' });
    button.addEventListener('click', async () => {
      await post(path, { rating });
      for (const one of buttons) one.ariaPressed = String(one === button);
    });
    return button;
  });
  return element('div', buttons, { className: 'row' });
}

find('chat').addEventListener('submit', async event => {
  event.preventDefault();
  const input = find('question').value.trim();
  if (!input) return;
  find('question').value = '';
  find('ask').disabled = true;
  await ask(input);
  find('ask').disabled = false;
  find('question').focus();
});
find('again').addEventListener('click', startOver);
