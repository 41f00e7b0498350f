// Between this app and the one in C# that the test host runs, each behind its own sidecar.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ActorId, ActorProxyBuilder, HttpMethod } from '@dapr/dapr';
import { JsCounter } from './actors.mjs';
import { client, refusal, unique } from './world.mjs';

const skip = process.env.CSHARP_APP ? false : 'no second sidecar: DAPR_HTTP_ENDPOINT_CSHARP is not set';

// Only its name matters: the type of the actors in C#.
class CSharpCounter {}

const csharp = (id) => new ActorProxyBuilder(CSharpCounter, client).build(new ActorId(id));
const javascript = (id) => new ActorProxyBuilder(JsCounter, client).build(new ActorId(id));

export function tests() {
  test('interop: JavaScript invokes an app in C#', { skip }, async () =>
    assert.deepEqual(await client.invoker.invoke('csharp', 'double', HttpMethod.POST, { n: 21 }), { n: 42, caller: 'js' }));

  test('interop: JavaScript calls an actor in C#, which keeps its state', { skip }, async () => {
    const id = unique('c');
    assert.deepEqual([await csharp(id).Add(2), await csharp(id).Add(3, 4), await csharp(unique('c')).Add(1)], [2, 9, 1]);
  });

  test('interop: an actor in C# calls an actor in JavaScript', { skip }, async () => {
    const id = unique('j');
    assert.equal(await javascript(id).add(5), 5);
    assert.equal(await csharp(unique('c')).AddInJavaScript(id), 6);
    assert.equal(await javascript(id).add(1), 7);
  });

  test('interop: what an actor in C# throws is an error in JavaScript', { skip }, async () =>
    assert.rejects(csharp(unique('c')).Fail(), (error) => refusal(error).code === 'ERR_ACTOR_INVOKE_METHOD'));

  test('interop: what an actor in JavaScript throws is an error in C#', { skip }, async () =>
    assert.match(await csharp(unique('c')).FailInJavaScript(unique('j')), /ERR_ACTOR_INVOKE_METHOD/));
}
