import assert from 'node:assert/strict';
import test from 'node:test';
import { HttpMethod } from '@dapr/dapr';
import { client, names, refusal, unique } from './world.mjs';

const { app } = names;
const call = (path, method, body, headers) => client.invoker.invoke(app, path, method, body, { headers });

export async function host(server) {
  for (const method of [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.PATCH]) {
    await server.invoker.listen('echo', async ({ body, query, headers }) => ({ method, query, body: body && JSON.parse(body), mark: headers['x-mark'] }), { method });
  }
}

export function tests() {
  test('invocation: GET keeps the query', async () => {
    const answer = await call('echo?a=1&b=two%20words', HttpMethod.GET);
    assert.deepEqual([answer.method, answer.query], ['get', '/echo?a=1&b=two%20words']);
  });

  for (const method of ['post', 'put', 'patch']) {
    test(`invocation: ${method.toUpperCase()} carries an object both ways`, async () => {
      const body = { id: unique(method), list: [1, null, 'ü'] };
      const answer = await call('echo', method, body);
      assert.deepEqual([answer.method, answer.body], [method, body]);
    });
  }

  test('invocation: DELETE reaches its handler', async () => assert.equal((await call('echo', HttpMethod.DELETE)).method, 'delete'));

  test('invocation: headers reach the app', async () => {
    const mark = unique('mark');
    assert.equal((await call('echo', HttpMethod.GET, undefined, { 'x-mark': mark })).mark, mark);
  });

  test('invocation: the app\'s own 404 is passed on', async () =>
    assert.rejects(call('no-such-method', HttpMethod.GET), (error) => refusal(error).status === 404));

  test('invocation: an app that is not there is refused', async () =>
    assert.rejects(client.invoker.invoke('nobody', 'echo', HttpMethod.GET), (error) => {
      assert.deepEqual(refusal(error), { status: 500, code: 'ERR_DIRECT_INVOKE' });
      return true;
    }));
}
