// Another app beside the product: submits a job by event and hears of its result. Run by the tests of conversation.
// Environment: APP_PORT, DAPR_HTTP_ENDPOINT, DAPR_API_TOKEN; KEY_ID and AGENT of whose job it is.
import assert from 'node:assert/strict';
import { eventually, server, client, unique } from './world.mjs';

const { AGENT: agent, KEY_ID: key, DAPR_API_TOKEN: token, DAPR_HTTP_ENDPOINT: endpoint } = process.env;
const heard = [];
await server.pubsub.subscribe('pubsub', 'agents-out', async (data) => { heard.push(data); });
await server.start();
await eventually(async () => (await fetch(new URL('/v1.0/healthz', endpoint), { headers: { 'dapr-api-token': token } })).status === 204, 'the sidecar is ready', 60);
await eventually(async () => (await client.metadata.get()).subscriptions?.length === 1, 'it knows the subscription', 60);

const id = unique('order');
const event = { specversion: '1.0', id, source: 'shop', type: 'agents.job.submit.v1', data: { key, job: { agent, input: 'What is the answer?' } } };
for (let times = 0; times < 3; times++)
  await client.pubsub.publish('pubsub', 'agents-in', event, { contentType: 'application/cloudevents+json' });
const refused = unique('order');
await client.pubsub.publish('pubsub', 'agents-in', { ...event, id: refused, data: { key: 'ak_nobody', job: event.data.job } }, { contentType: 'application/cloudevents+json' });

const result = await eventually(() => heard.find(({ job }) => job?.metadata?.event_id === id), 'the result arrives', 40);
assert.equal(result.job.status, 'succeeded');
assert.equal(result.output.text, 'Forty-two.');
const refusal = await eventually(() => heard.find(({ event: of }) => of === refused), 'the refusal arrives', 40);
assert.equal(refusal.code, 'not_allowed');
assert.equal(new Set(heard.filter(({ job }) => job?.metadata?.event_id === id).map(({ job }) => job.id)).size, 1);
console.log('ok');
process.exit(0);
