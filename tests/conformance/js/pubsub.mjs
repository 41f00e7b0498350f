import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaprPubSubStatusEnum as Status } from '@dapr/dapr';
import { client, eventually, names, refusal, unique } from './world.mjs';

const { pubsub } = names;
const inboxes = {};
const deliveries = new Map();

/** Topics and what their handlers answer, by how often the message came; nothing means SUCCESS. */
const answers = {
  plain: () => undefined,
  accepted: () => Status.SUCCESS,
  retried: (times) => (times < 3 ? Status.RETRY : Status.SUCCESS),
  dropped: () => Status.DROP,
  doomed: () => Status.RETRY,
  unwanted: () => Status.DROP,
  buried: () => Status.SUCCESS,
};
const deadLettered = ['doomed', 'unwanted'];
export const subscriptions = Object.keys(answers).length + 3;

function handler(topic, answer = () => undefined) {
  inboxes[topic] = [];
  return async (data, headers) => {
    inboxes[topic].push({ data, headers });
    const id = `${topic} ${data?.id}`;
    deliveries.set(id, (deliveries.get(id) ?? 0) + 1);
    return answer(deliveries.get(id));
  };
}

const timesOf = (topic, id) => deliveries.get(`${topic} ${id}`) ?? 0;
const publish = async (topic, data, options) => assert.deepEqual(await client.pubsub.publish(pubsub, topic, data, options), {});
const arrived = (topic, id) => eventually(() => inboxes[topic].find(({ data }) => data?.id === id || data === id), `${id} arrived on ${topic}`);

export async function host(server) {
  for (const [topic, answer] of Object.entries(answers)) {
    const deadLetterTopic = deadLettered.includes(topic) ? 'buried' : undefined;
    await server.pubsub.subscribeWithOptions(pubsub, topic, { callback: handler(topic, answer), deadLetterTopic });
  }
  await server.pubsub.subscribe(pubsub, 'raw', handler('raw'), '', { rawPayload: 'true' });
  await server.pubsub.subscribeBulk(pubsub, 'bulk', handler('bulk'), { maxMessagesCount: 10, maxAwaitDurationMs: 200 });
  await server.pubsub.subscribeWithOptions(pubsub, 'routed', {
    route: { rules: [{ match: 'event.data.kind == "red"', path: 'red' }], default: 'other' },
  });
  inboxes.red = [];
  server.pubsub.subscribeToRoute(pubsub, 'routed', 'red', handler('red'));
  server.pubsub.subscribeToRoute(pubsub, 'routed', 'other', handler('other'));
}

export function tests() {
  test('pub/sub: an object arrives as it was published', async () => {
    const data = { id: unique('object'), nested: { list: [1, 'two', null] } };
    await publish('plain', data);
    assert.deepEqual((await arrived('plain', data.id)).data, data);
  });

  test('pub/sub: text arrives as text', async () => {
    const text = unique('text <&> grüße');
    await publish('plain', text);
    await arrived('plain', text);
  });

  test('pub/sub: bytes arrive as bytes', async () => {
    const bytes = Buffer.from(unique('bytes'));
    await publish('plain', bytes);
    await arrived('plain', bytes.toString());
  });

  test('pub/sub: an event of the publisher\'s own is delivered as that event', async () => {
    const id = unique('event');
    await publish('plain', { specversion: '1.0', id: unique('ce'), source: 'suite', type: 'test.event', datacontenttype: 'application/json', data: { id } });
    await arrived('plain', id);
  });

  test('pub/sub: delivered headers name the pub/sub component and the trace', async () => {
    const id = unique('headers');
    await publish('plain', { id });
    const { headers } = await arrived('plain', id);
    assert.equal(headers['content-type'], 'application/cloudevents+json');
    assert.equal(headers.pubsubname, pubsub);
    assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });

  test('pub/sub: a raw payload reaches a raw subscription', async () => {
    const id = unique('raw');
    await publish('raw', { id }, { metadata: { rawPayload: 'true' } });
    await arrived('raw', id);
  });

  test('pub/sub: SUCCESS ends a message', async () => {
    const id = unique('accepted');
    await publish('accepted', { id });
    await arrived('accepted', id);
    await delay(500);
    assert.equal(timesOf('accepted', id), 1);
  });

  test('pub/sub: RETRY brings the message again until SUCCESS', async () => {
    const id = unique('retried');
    await publish('retried', { id });
    await eventually(() => timesOf('retried', id) === 3, 'it came three times');
    await delay(500);
    assert.equal(timesOf('retried', id), 3);
  });

  test('pub/sub: DROP ends a message', async () => {
    const id = unique('dropped');
    await publish('dropped', { id });
    await arrived('dropped', id);
    await delay(500);
    assert.equal(timesOf('dropped', id), 1);
  });

  test('pub/sub: a message that always fails goes to the dead letter topic after its retries', async () => {
    const id = unique('doomed');
    await publish('doomed', { id, why: 'to fail' });
    assert.deepEqual((await arrived('buried', id)).data, { id, why: 'to fail' });
    assert.equal(timesOf('doomed', id), 4);
    assert.equal(timesOf('buried', id), 1);
  });

  test('pub/sub: a dropped message goes to the dead letter topic at once', async () => {
    const id = unique('unwanted');
    await publish('unwanted', { id });
    await arrived('buried', id);
    assert.equal(timesOf('unwanted', id), 1);
  });

  test('pub/sub: rules choose the route', async () => {
    const [red, blue] = [unique('red'), unique('blue')];
    await publish('routed', { id: red, kind: 'red' });
    await publish('routed', { id: blue, kind: 'blue' });
    await arrived('red', red);
    await arrived('other', blue);
    assert.equal(timesOf('other', red) + timesOf('red', blue), 0);
  });

  test('pub/sub: every message of a bulk publish arrives', async () => {
    const ids = Array.from({ length: 25 }, (_, n) => unique(`b${n}`));
    const { failedMessages } = await client.pubsub.publishBulk(pubsub, 'plain', ids.map((id) => ({ id })));
    assert.deepEqual(failedMessages, []);
    for (const id of ids) await arrived('plain', id);
  });

  test('pub/sub: a bulk publish with entry ids and content types of its own arrives', async () => {
    const [text, object] = [unique('text'), unique('object')];
    const { failedMessages } = await client.pubsub.publishBulk(pubsub, 'plain', [
      { entryID: 'a', event: text, contentType: 'text/plain' },
      { entryID: 'b', event: { id: object }, contentType: 'application/json' },
    ]);
    assert.deepEqual(failedMessages, []);
    await arrived('plain', text);
    await arrived('plain', object);
  });

  test('pub/sub: a bulk subscription gets every message once', async () => {
    const ids = Array.from({ length: 25 }, (_, n) => unique(`s${n}`));
    await client.pubsub.publishBulk(pubsub, 'bulk', ids.map((id) => ({ id })));
    for (const id of ids) await arrived('bulk', id);
    await delay(300);
    assert.ok(ids.every((id) => timesOf('bulk', id) === 1));
  });

  test('pub/sub: a component of another name is refused', async () => {
    const { error } = await client.pubsub.publish('nowhere', 'plain', 'x');
    assert.deepEqual(refusal(error), { status: 404, code: 'ERR_PUBSUB_NOT_FOUND' });
  });

  test('pub/sub: a bulk publish to a component of another name fails for every message', async () => {
    const { failedMessages } = await client.pubsub.publishBulk('nowhere', 'plain', ['x', 'y']);
    assert.equal(failedMessages.length, 2);
  });
}
