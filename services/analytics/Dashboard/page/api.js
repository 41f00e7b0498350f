// Requests to the API with the key that was typed in; it stays in this tab's session storage.

const stored = 'agents.key';
const answerWithin = 10_000;

export const keyHeld = () => sessionStorage.getItem(stored);
export const keepKey = key => sessionStorage.setItem(stored, key);
export const forgetKey = () => sessionStorage.removeItem(stored);

/** A refusal, or an answer that is none. */
export class Refused extends Error {
  constructor(status, body) {
    super(`${body?.detail ?? body?.error?.message ?? `The server answered ${status}.`}${body?.trace_id ? ` (trace ${body.trace_id})` : ''}`);
    this.status = status;
  }
}

/** The answer, not read yet. */
export async function send(method, path, body, { signal, headers } = {}) {
  const answer = await fetch(path, {
    method,
    signal,
    headers: { Authorization: `Bearer ${keyHeld()}`, ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  return answer;
}

export async function get(path, signal) {
  const answer = await send('GET', path, null, { signal: AbortSignal.any([AbortSignal.timeout(answerWithin), ...(signal ? [signal] : [])]) });
  return answer.json();
}

export const post = (path, body) => send('POST', path, body, { signal: AbortSignal.timeout(answerWithin) });

/** Server-sent events as they come: { id, event, data }. */
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const frames = text.split('\n\n');
    text = frames.pop();
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
      if (fields.event) yield { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}
