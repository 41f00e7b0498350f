// A model endpoint that costs as little as possible. A request whose "user" is "paced:..." gets its stream as a model would send it: the
// first chunk after 50 ms, then one every 10 ms. Each chunk carries the request's "user" and a number, so that none can be lost, merged
// or mixed up unnoticed.
import http from 'node:http';

const text = 'A parcel that arrives later than promised can be sent back within thirty days, and the whole price is paid back within five.';
const head = { object: 'chat.completion.chunk', created: 1767225600, model: 'bench-model' };
const whole = Buffer.from(JSON.stringify({
  id: 'chatcmpl-bench', object: 'chat.completion', created: head.created, model: head.model,
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 30, completion_tokens: 26, total_tokens: 56 },
}));
const chunk = (id, delta, finish) => `data: ${JSON.stringify({ id, ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = (id) => `data: ${JSON.stringify({ id, ...head, choices: [], usage: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 } })}\n\n`;
const stream = (id, tag) => [
  ...Array.from({ length: 20 }, (_, n) => chunk(id, { role: 'assistant', content: `${tag}:${n} ` }, null)), chunk(id, {}, 'stop'), usage(id), 'data: [DONE]\n\n',
];
const plain = stream('chatcmpl-bench', 'word').join('');
const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    const body = Buffer.concat(parts).toString();
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
      response.end(whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    const tag = /"user":"([^"]*)"/.exec(body)?.[1];
    if (!tag) {
      response.end(plain);
      return;
    }
    const paced = tag.startsWith('paced:');
    if (paced) await after(50);
    for (const piece of stream(`chatcmpl-${tag}`, tag)) {
      response.write(piece);
      if (paced) await after(10);
    }
    response.end();
  });
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
