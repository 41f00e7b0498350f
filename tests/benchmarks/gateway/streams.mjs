// node streams.mjs URL CONCURRENCY STREAMS paced|plain: reads streams to their end and checks each chunk: the request's own tag, every
// number once, in order, one frame each. Prints one line of JSON: milliseconds to the first token, and how many streams were not as sent.
import http from 'node:http';

const [url, concurrency, streams, pace] = process.argv.slice(2);
const target = new URL(url);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(concurrency) });
const expected = (tag) => Array.from({ length: 20 }, (_, n) => `${tag}:${n} `).join('|');
const firsts = [];
let next = 0;
let wrong = 0;
let example = '';

function one(tag) {
  return new Promise((resolve) => {
    const body = JSON.stringify({ model: 'bench-model', stream: true, user: tag, messages: [{ role: 'user', content: 'What becomes of my money?' }] });
    const headers = {
      'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Bearer ${process.env.KEY}`,
      'x-portkey-provider': 'openai', 'x-portkey-custom-host': process.env.UPSTREAM,
    };
    const started = process.hrtime.bigint();
    let first = 0;
    let text = '';
    const end = (failure) => {
      if (failure) note(failure);
      resolve();
    };
    const request = http.request({ host: target.hostname, port: target.port, path: target.pathname, method: 'POST', headers, agent }, (response) => {
      response.on('data', (part) => {
        if (!first && part.includes('data: {')) first = Number(process.hrtime.bigint() - started) / 1e6;
        text += part;
      });
      response.on('end', () => {
        if (first) firsts.push(first);
        end(response.statusCode === 200 ? check(text, tag) : `${response.statusCode} ${text.slice(0, 200)}`);
      });
      response.on('error', (error) => end(error.message));
    });
    request.on('error', (error) => end(error.message));
    request.end(body);
  });
}

function check(text, tag) {
  const frames = text.split('\n\n').filter((frame) => frame && !frame.startsWith(':'));
  if (frames.pop() !== 'data: [DONE]') return 'no [DONE] at the end';
  try {
    const words = frames.map((frame) => JSON.parse(frame.slice('data: '.length)).choices[0]?.delta.content).filter(Boolean);
    return words.join('|') === expected(tag) ? null : `got ${words.join('|').slice(0, 200)}`;
  } catch (error) {
    return `${error.message} in ${text.slice(0, 200)}`;
  }
}

function note(failure) {
  wrong++;
  example ||= failure;
}

async function worker() {
  while (next < Number(streams)) await one(`${pace}:${process.pid}-${next++}`);
}

const began = process.hrtime.bigint();
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
firsts.sort((one, other) => one - other);
const at = (quantile) => Number((firsts[Math.min(firsts.length - 1, Math.floor(firsts.length * quantile))] ?? 0).toFixed(2));
console.log(JSON.stringify({ per_second: Math.round(next / seconds), p50: at(0.5), p99: at(0.99), requests: next, failed: wrong, example }));
process.exit(0);
