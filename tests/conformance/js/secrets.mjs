import assert from 'node:assert/strict';
import test from 'node:test';
import { client, names, refusal } from './world.mjs';

const { secrets: store } = names;

export function tests() {
  test('secrets: one secret comes by its name', async () => assert.deepEqual(await client.secret.get(store, 'plain'), { plain: 'p4ss wörd' }));

  test('secrets: a nested secret has its path as name', async () =>
    assert.deepEqual(await client.secret.get(store, 'nested:inner'), { 'nested:inner': 'deep' }));

  test('secrets: all secrets come at once', async () =>
    assert.deepEqual(await client.secret.getBulk(store), { plain: { plain: 'p4ss wörd' }, 'nested:inner': { 'nested:inner': 'deep' } }));

  test('secrets: a missing secret is an error', async () =>
    assert.rejects(client.secret.get(store, 'missing'), (error) => refusal(error).status === 500 && refusal(error).code === 'ERR_SECRET_GET'));

  test('secrets: a store of another name is refused', async () =>
    assert.rejects(client.secret.get('nowhere', 'plain'), (error) => refusal(error).status === 401 && refusal(error).code === 'ERR_SECRET_STORE_NOT_FOUND'));
}
