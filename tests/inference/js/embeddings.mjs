// OpenAI's own JavaScript client, unchanged, at the front door: embeddings of the built-in model.
// Environment: OPENAI_BASE_URL, OPENAI_API_KEY.
import assert from 'node:assert/strict';
import OpenAI, { BadRequestError } from 'openai';

const client = new OpenAI({ maxRetries: 0, timeout: 20_000 });
const model = 'embed-use-lite';
const input = ['How do I get a refund?', 'Where is my money?', 'How do I get a refund?'];

// Without encoding_format the client asks for base64 and decodes it.
const decoded = await client.embeddings.create({ model, input });
assert.deepEqual(decoded.data.map((entry) => entry.index), [0, 1, 2]);
assert.ok(decoded.data.every((entry) => entry.embedding.length === 512));
assert.deepEqual(Array.from(decoded.data[0].embedding), Array.from(decoded.data[2].embedding));
assert.ok(decoded.usage.prompt_tokens > 0 && decoded.usage.prompt_tokens === decoded.usage.total_tokens);

const plain = await client.embeddings.create({ model, input, encoding_format: 'float' });
plain.data.forEach((entry, i) => assert.deepEqual(entry.embedding.map(Math.fround), Array.from(decoded.data[i].embedding)));

assert.ok((await client.models.list()).data.some((entry) => entry.id === model));
await assert.rejects(client.embeddings.create({ model, input: 'word '.repeat(200) }), (error) =>
  error instanceof BadRequestError && error.code === 'context_length_exceeded' && error.param === 'input');

console.log('ok');
