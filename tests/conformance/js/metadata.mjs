import assert from 'node:assert/strict';
import test from 'node:test';
import { client, names, unique } from './world.mjs';

export function tests() {
  test('metadata: the sidecar names itself and its components', async () => {
    const { id, components } = await client.metadata.get();
    assert.equal(id, names.app);
    assert.deepEqual(components.map(({ name }) => name).sort(), [names.pubsub, names.secrets, names.store].sort());
    assert.ok(components.find(({ name }) => name === names.store).capabilities.includes('ETAG'));
  });

  test('metadata: subscriptions are listed with routes and dead letter topics', async () => {
    const { subscriptions } = await client.metadata.get();
    const doomed = subscriptions.find(({ topic }) => topic === 'doomed');
    assert.equal(doomed.deadLetterTopic, 'buried');
    assert.equal(doomed.rules[0].path, '/pubsub--doomed--default');
    assert.equal(subscriptions.find(({ topic }) => topic === 'routed').rules.length, 2);
  });

  test('metadata: a value that is set is shown', async () => {
    const key = unique('label');
    assert.equal(await client.metadata.set(key, 'a value'), true);
    assert.equal((await client.metadata.get()).extended[key], 'a value');
  });

  test('metadata: the sidecar is healthy', async () => assert.equal(await client.health.isHealthy(), true));
}
