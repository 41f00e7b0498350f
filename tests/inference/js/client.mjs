// OpenAI's own JavaScript client, unchanged, at the front door. Exits with 0 when everything is as its users expect.
// Environment: OPENAI_BASE_URL, OPENAI_API_KEY, and the ids of models scripted by JavaScriptClientTests: MODEL, TOOL_MODEL, CUT_MODEL, FULL_MODEL.
import assert from 'node:assert/strict';
import OpenAI, { APIError, AuthenticationError, NotFoundError } from 'openai';

const { MODEL: model, TOOL_MODEL: toolModel, CUT_MODEL: cutModel, FULL_MODEL: fullModel } = process.env;
const client = new OpenAI({ maxRetries: 0, timeout: 20_000 });
const messages = [{ role: 'user', content: 'How are you today?' }];

const ids = (await client.models.list()).data.map((entry) => entry.id);
assert.ok(ids.includes(model) && ids.includes('extractive'), `models: ${ids}`);
assert.equal((await client.models.retrieve('vendor/renamed')).id, 'vendor/renamed');

const { data: whole, request_id: requestId } = await client.chat.completions.create({ model, messages }).withResponse();
assert.equal(whole.choices[0].message.content, 'How are you today?');
assert.equal(whole.usage.total_tokens, 1_200);
assert.equal(whole.usage.cost_micros, '4500');
assert.match(requestId, /^[0-9a-f]{32}$/);

const pieces = [];
let usage;
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })) {
  if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
  usage = chunk.usage ?? usage;
}
assert.deepEqual(pieces, ['How', ' are', ' you', ' today?']);
assert.equal(usage.completion_tokens, 200);

const format = { type: 'json_schema', json_schema: { name: 'mood', schema: { type: 'object', properties: { mood: { type: 'string' } } } } };
const { data: full, response } = await client.chat.completions.create({
  model: fullModel, messages, n: 2, logprobs: true, top_logprobs: 1, response_format: format, x_unknown: { a: [1.50] },
}).withResponse();
assert.deepEqual(full.choices.map((choice) => JSON.parse(choice.message.content).mood), ['good', 'bad']);
assert.equal(full.choices[0].logprobs.content[0].top_logprobs[0].logprob, -0.25);
for (const header of ['x-request-id', 'x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'])
  assert.ok(response.headers.get(header), header);

const runner = client.chat.completions.stream({ model: toolModel, messages });
const call = (await runner.finalChatCompletion()).choices[0].message.tool_calls[0];
assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather', { city: 'Basel' }]);

await assert.rejects(async () => {
  for await (const chunk of await client.chat.completions.create({ model: cutModel, messages, stream: true })) assert.ok(chunk.choices);
}, (error) => error instanceof APIError && error.code === 'provider_cut');
await assert.rejects(client.chat.completions.create({ model: 'no-such-model', messages }), (error) =>
  error instanceof NotFoundError && error.code === 'model_not_found' && error.param === 'model');
await assert.rejects(new OpenAI({ maxRetries: 0, apiKey: 'wrong' }).models.list(), AuthenticationError);

console.log('ok');
