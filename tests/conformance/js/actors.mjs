import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AbstractActor, ActorId, ActorProxyBuilder, Temporal } from '@dapr/dapr';
import { client, eventually, refusal, unique } from './world.mjs';

/** What the actors of this process did, by actor id. */
const beats = new Map();
const ended = new Set();
const turns = { now: 0, most: 0 };

const milliseconds = (n) => Temporal.Duration.from({ milliseconds: n });
const countOf = (id) => beats.get(id)?.length ?? 0;

// The class name is the actor type.
export class JsCounter extends AbstractActor {
  async add(by) {
    const total = ((await this.getStateManager().tryGetState('total'))[1] ?? 0) + by;
    await this.getStateManager().setState('total', total);
    return total;
  }

  async join(first, second) {
    return { joined: `${first} ${second.word}` };
  }

  async forget() {
    await this.getStateManager().removeState('total');
  }

  async fail() {
    throw new Error('the counter broke');
  }

  async rest() {
    turns.most = Math.max(turns.most, ++turns.now);
    await delay(50);
    turns.now--;
  }

  async startTimer(period, ttl) {
    await this.registerActorTimer('beat', 'onBeat', milliseconds(100), period && milliseconds(period), ttl && milliseconds(ttl), 7);
  }

  async stopTimer() {
    await this.unregisterActorTimer('beat');
  }

  async onBeat(data) {
    const id = this.getActorId().getId();
    beats.set(id, [...(beats.get(id) ?? []), data]);
  }

  async startReminder(period, ttl) {
    await this.registerActorReminder('wake', milliseconds(100), period && milliseconds(period), ttl && milliseconds(ttl), 9);
  }

  async stopReminder() {
    await this.unregisterActorReminder('wake');
  }

  async receiveReminder(data) {
    await this.onBeat(data);
  }

  async onDeactivate() {
    ended.add(this.getActorId().getId());
  }
}

class Nobody extends AbstractActor {}

const proxies = new ActorProxyBuilder(JsCounter, client);
const actor = (id) => proxies.build(new ActorId(id));

export async function host(server) {
  await server.actor.registerActor(JsCounter);
  await server.actor.init();
}

/** Counts stay where they are once the clock has had time to tick thrice. */
async function staysAt(id, period) {
  const before = countOf(id);
  await delay(period * 3);
  assert.equal(countOf(id), before);
}

export function tests() {
  test('actors: a method takes arguments and answers', async () =>
    assert.deepEqual(await actor(unique('a')).join('one', { word: 'two' }), { joined: 'one two' }));

  test('actors: state is kept from call to call, apart for each actor', async () => {
    const [one, other] = [actor(unique('one')), actor(unique('other'))];
    assert.deepEqual([await one.add(2), await one.add(3), await other.add(10)], [2, 5, 10]);
  });

  test('actors: removed state is gone', async () => {
    const one = actor(unique('a'));
    await one.add(5);
    await one.forget();
    assert.equal(await one.add(1), 1);
  });

  test('actors: concurrent calls of one actor take turns, and none is lost', async () => {
    const id = unique('busy');
    const totals = await Promise.all(Array.from({ length: 10 }, () => actor(id).add(1)));
    assert.deepEqual(totals.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all(Array.from({ length: 5 }, () => actor(id).rest()));
    assert.equal(turns.most, 1);
  });

  test('actors: a method that throws is an error for the caller', async () =>
    assert.rejects(actor(unique('a')).fail(), (error) => refusal(error).code === 'ERR_ACTOR_INVOKE_METHOD'));

  test('actors: a method that is not there is an error', async () =>
    assert.rejects(actor(unique('a')).noSuchMethod(), (error) => refusal(error).code === 'ERR_ACTOR_INVOKE_METHOD'));

  test('actors: a type that nobody hosts is an error', async () =>
    assert.rejects(new ActorProxyBuilder(Nobody, client).build(new ActorId('x')).get(), (error) => refusal(error).status >= 400));

  test('actors: a timer fires with its data until it is removed', async () => {
    const id = unique('timer');
    await actor(id).startTimer(200);
    await eventually(() => countOf(id) >= 3, 'it fired three times');
    await actor(id).stopTimer();
    await staysAt(id, 200);
    assert.ok(beats.get(id).every((data) => data === 7));
  });

  test('actors: a timer without a period fires once', async () => {
    const id = unique('timer');
    await actor(id).startTimer();
    await eventually(() => countOf(id) === 1, 'it fired');
    await staysAt(id, 200);
  });

  test('actors: a timer ends with its time to live', async () => {
    const id = unique('timer');
    await actor(id).startTimer(200, 900);
    await eventually(() => countOf(id) >= 2, 'it fired twice');
    await delay(1_200);
    await staysAt(id, 200);
    assert.ok(countOf(id) <= 6, `fired ${countOf(id)} times`);
  });

  test('actors: a reminder fires with its data until it is removed', async () => {
    const id = unique('reminder');
    await actor(id).startReminder(500);
    await eventually(() => countOf(id) >= 2, 'it fired twice');
    await actor(id).stopReminder();
    await staysAt(id, 500);
    assert.ok(beats.get(id).every((data) => data === 9));
  });

  test('actors: a reminder without a period fires once', async () => {
    const id = unique('reminder');
    await actor(id).startReminder();
    await eventually(() => countOf(id) === 1, 'it fired');
    await staysAt(id, 400);
  });

  test('actors: an idle actor is deactivated and finds its state again; a reminder wakes one', async () => {
    const id = unique('idle');
    await actor(id).add(4);
    await eventually(() => ended.has(id), 'it was deactivated', 30);
    ended.delete(id);
    assert.equal(await actor(id).add(1), 5);
    await actor(id).startReminder(3_000);
    await eventually(() => ended.has(id), 'it was deactivated again', 30);
    const before = countOf(id);
    await eventually(() => countOf(id) > before, 'a reminder woke it');
    await actor(id).stopReminder();
  });
}
