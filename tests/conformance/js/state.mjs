import assert from 'node:assert/strict';
import test from 'node:test';
import { StateConcurrencyEnum } from '@dapr/dapr';
import { client, eventually, names, refusal, unique } from './world.mjs';

const { state } = client;
const { store } = names;

const save = async (key, value, more = {}) => assert.deepEqual(await state.save(store, [{ key, value, ...more }]), {});
const etagOf = async (key) => (await state.getBulk(store, [key]))[0].etag;

export function tests() {
  for (const [kind, value] of Object.entries({
    text: 'grüße "quoted" <&>', number: 12.5, 'yes or no': true, object: { b: [1, { c: null }], a: '' }, list: ['x', 2],
  })) {
    test(`state: a saved ${kind} comes back`, async () => {
      const key = unique('kind');
      await save(key, value);
      assert.deepEqual(await state.get(store, key), value);
    });
  }

  test('state: a key that is not there is empty', async () => assert.equal(await state.get(store, unique('missing')), ''));

  test('state: several keys come in one bulk get, missing ones without data', async () => {
    const [one, two, missing] = [unique('one'), unique('two'), unique('missing')];
    await state.save(store, [{ key: one, value: 1 }, { key: two, value: { n: 2 } }]);
    const found = new Map((await state.getBulk(store, [one, two, missing])).map((item) => [item.key, item]));
    assert.equal(found.get(one).data, 1);
    assert.deepEqual(found.get(two).data, { n: 2 });
    assert.ok(found.get(one).etag);
    assert.equal(found.get(missing).data, undefined);
  });

  test('state: a deleted key is gone, and deleting it again is no error', async () => {
    const key = unique('deleted');
    await save(key, 'here');
    assert.deepEqual(await state.delete(store, key), {});
    assert.equal(await state.get(store, key), '');
    assert.deepEqual(await state.delete(store, key), {});
  });

  test('state: a save with the current etag succeeds and changes the etag', async () => {
    const key = unique('etag');
    await save(key, 'first');
    const etag = await etagOf(key);
    await save(key, 'second', { etag });
    assert.equal(await state.get(store, key), 'second');
    assert.notEqual(await etagOf(key), etag);
  });

  test('state: a save with a stale etag is refused and changes nothing', async () => {
    const key = unique('stale');
    await save(key, 'first');
    const etag = await etagOf(key);
    await save(key, 'second');
    const { error } = await state.save(store, [{ key, value: 'third', etag }]);
    assert.deepEqual(refusal(error), { status: 409, code: 'ERR_STATE_SAVE' });
    assert.equal(await state.get(store, key), 'second');
  });

  test('state: a delete with a stale etag is refused, with the current one done', async () => {
    const key = unique('delete');
    await save(key, 'first');
    const etag = await etagOf(key);
    await save(key, 'second');
    assert.deepEqual(refusal((await state.delete(store, key, { etag })).error), { status: 409, code: 'ERR_STATE_DELETE' });
    assert.deepEqual(await state.delete(store, key, { etag: await etagOf(key) }), {});
    assert.equal(await state.get(store, key), '');
  });

  test('state: the first write wins where that is asked for', async () => {
    const key = unique('first');
    const options = { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE };
    await save(key, 'first', { options });
    assert.ok((await state.save(store, [{ key, value: 'second', options }])).error);
    assert.equal(await state.get(store, key), 'first');
  });

  test('state: a transaction does all its operations', async () => {
    const [kept, gone] = [unique('kept'), unique('gone')];
    await save(gone, 'old');
    await state.transaction(store, [
      { operation: 'upsert', request: { key: kept, value: { n: 1 } } },
      { operation: 'delete', request: { key: gone } },
    ]);
    assert.deepEqual(await state.get(store, kept), { n: 1 });
    assert.equal(await state.get(store, gone), '');
  });

  test('state: a transaction with a stale etag does nothing', async () => {
    const [stale, other] = [unique('stale'), unique('other')];
    await save(stale, 'first');
    const etag = await etagOf(stale);
    await save(stale, 'second');
    await assert.rejects(
      state.transaction(store, [
        { operation: 'upsert', request: { key: other, value: 1 } },
        { operation: 'upsert', request: { key: stale, value: 'third', etag } },
      ]),
      (error) => refusal(error).code === 'ERR_STATE_TRANSACTION',
    );
    assert.equal(await state.get(store, other), '');
    assert.equal(await state.get(store, stale), 'second');
  });

  test('state: a value ends with its time to live', async () => {
    const key = unique('short');
    await save(key, 'soon gone', { metadata: { ttlInSeconds: '1' } });
    assert.equal(await state.get(store, key), 'soon gone');
    await eventually(async () => (await state.get(store, key)) === '', 'the value is gone');
  });

  test('state: a store of another name is refused', async () => {
    const { error } = await state.save('nowhere', [{ key: 'k', value: 1 }]);
    assert.deepEqual(refusal(error), { status: 400, code: 'ERR_STATE_STORE_NOT_FOUND' });
  });

  test('state: a key with the reserved separator is refused', async () => {
    const { error } = await state.save(store, [{ key: 'a||b', value: 1 }]);
    assert.deepEqual(refusal(error), { status: 400, code: 'ERR_MALFORMED_REQUEST' });
  });
}
