import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaprWorkflowClient, WorkflowRuntime, WorkflowRuntimeStatus as Status } from '@dapr/dapr';
import { quiet, unique } from './world.mjs';

const { hostname: daprHost, port: daprPort } = new URL(process.env.DAPR_GRPC_ENDPOINT);
const options = { daprHost, daprPort, daprApiToken: process.env.DAPR_API_TOKEN, logger: quiet };
const attempts = new Map();

const activities = {
  double: async (_, n) => n * 2,
  hail: async (_, name) => `Hail ${name}`,
  flaky: async (_, { id, succeedsAt }) => {
    attempts.set(id, (attempts.get(id) ?? 0) + 1);
    if (attempts.get(id) < succeedsAt) throw new Error(`attempt ${attempts.get(id)} failed`);
    return attempts.get(id);
  },
};

const workflows = {
  async *sequence(context, n) {
    let value = n;
    for (let step = 0; step < 3; step++) value = yield context.callActivity(activities.double, value);
    return value;
  },
  async *fanOut(context, names) {
    return yield context.whenAll(names.map((name) => context.callActivity(activities.hail, name)));
  },
  async *timed(context, wait) {
    const began = context.getCurrentUtcDateTime().getTime();
    yield context.createTimer(new Date(began + wait));
    return context.getCurrentUtcDateTime().getTime() - began;
  },
  async *waiting(context) {
    return { got: yield context.waitForExternalEvent('go') };
  },
  async *race(context, wait) {
    const event = context.waitForExternalEvent('go');
    const timer = context.createTimer(new Date(context.getCurrentUtcDateTime().getTime() + wait));
    return (yield context.whenAny([event, timer])) === event ? 'event' : 'timer';
  },
  async *parent(context, n) {
    const one = yield context.callChildWorkflow(workflows.sequence, n);
    return [one, yield context.callChildWorkflow(workflows.sequence, one, `${context.getWorkflowInstanceId()}-second`)];
  },
  async *parentOfFailing(context) {
    try {
      return yield context.callChildWorkflow(workflows.failing);
    } catch (error) {
      return `caught: ${error.message}`;
    }
  },
  // This SDK has no retry policy: a loop of the workflow's own, with a durable pause, is how it is done.
  async *retrying(context, { id, succeedsAt, most }) {
    for (let attempt = 1; ; attempt++) {
      try {
        return yield context.callActivity(activities.flaky, { id, succeedsAt });
      } catch (error) {
        if (attempt === most) throw error;
        yield context.createTimer(new Date(context.getCurrentUtcDateTime().getTime() + 100));
      }
    }
  },
  async *failing() {
    throw new Error('it was bound to fail');
  },
  async *telling(context) {
    context.setCustomStatus('half way');
    yield context.waitForExternalEvent('go');
    context.setCustomStatus('there');
    return 'done';
  },
  async *counting(context, n) {
    const next = yield context.callActivity(activities.double, n);
    if (next < 64) context.continueAsNew(next, true);
    return next;
  },
};

let client;
let runtime;
let connected = false;

export async function host() {
  client = new DaprWorkflowClient(options);
  runtime = new WorkflowRuntime(options);
  for (const [name, workflow] of Object.entries(workflows)) runtime.registerWorkflowWithName(name, workflow);
  for (const [name, activity] of Object.entries(activities)) runtime.registerActivityWithName(name, activity);
}

export async function stop() {
  // The SDK refuses to stop what never ran.
  if (connected) await runtime.stop();
  await client.stop();
}

async function begin(workflow, input, startAt) {
  const id = unique(workflow);
  assert.equal(await client.scheduleNewWorkflow(workflow, input, id, startAt), id);
  return id;
}

async function ends(id, status = Status.COMPLETED) {
  const state = await client.waitForWorkflowCompletion(id, true, 30);
  assert.equal(state.runtimeStatus, status, `${state.serializedOutput} ${state.workflowFailureDetails?.getErrorMessage?.()}`);
  return state;
}

const outputOf = async (id) => JSON.parse((await ends(id)).serializedOutput);

export function tests() {
  test('workflows: the worker connects', async () => {
    await runtime.start();
    connected = true;
  });

  test('workflows: activities run in sequence', async () => assert.equal(await outputOf(await begin('sequence', 5)), 40));

  test('workflows: activities run side by side and all results come', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `n${n}`);
    assert.deepEqual(await outputOf(await begin('fanOut', names)), names.map((name) => `Hail ${name}`));
  });

  test('workflows: a timer fires no earlier than asked', async () => {
    const waited = await outputOf(await begin('timed', 700));
    assert.ok(waited >= 700 && waited < 5_000, `waited ${waited} ms`);
  });

  test('workflows: an external event arrives with its data', async () => {
    const id = await begin('waiting');
    await client.raiseEvent(id, 'go', { n: 1 });
    assert.deepEqual(await outputOf(id), { got: { n: 1 } });
  });

  test('workflows: event names know no case', async () => {
    const id = await begin('waiting');
    await client.raiseEvent(id, 'GO', 'loud');
    assert.deepEqual(await outputOf(id), { got: 'loud' });
  });

  test('workflows: an event wins against a late timer, a timer against no event', async () => {
    const [early, never] = [await begin('race', 60_000), await begin('race', 300)];
    await client.raiseEvent(early, 'go');
    assert.deepEqual([await outputOf(early), await outputOf(never)], ['event', 'timer']);
  });

  test('workflows: children answer their parent', async () => {
    const id = await begin('parent', 1);
    assert.deepEqual(await outputOf(id), [8, 64]);
    assert.equal((await client.getWorkflowState(`${id}-second`, true)).serializedOutput, '64');
  });

  test('workflows: a parent can catch the failure of its child', async () =>
    assert.match(await outputOf(await begin('parentOfFailing')), /^caught: .*bound to fail/));

  test('workflows: a failed activity can be tried again', async () =>
    assert.equal(await outputOf(await begin('retrying', { id: unique('f'), succeedsAt: 3, most: 5 })), 3));

  test('workflows: when every attempt fails, the workflow fails', async () => {
    const id = unique('f');
    const state = await ends(await begin('retrying', { id, succeedsAt: 99, most: 2 }), Status.FAILED);
    assert.match(state.workflowFailureDetails.getErrorMessage(), /attempt 2 failed/);
    assert.equal(attempts.get(id), 2);
  });

  test('workflows: a workflow that throws fails with its message', async () => {
    const state = await ends(await begin('failing'), Status.FAILED);
    assert.match(state.workflowFailureDetails.getErrorMessage(), /bound to fail/);
  });

  test('workflows: custom status is shown', async () => {
    const id = await begin('telling');
    assert.match((await client.getWorkflowState(id, true)).customStatus, /half way/);
    await client.raiseEvent(id, 'go');
    assert.match((await ends(id)).customStatus, /there/);
  });

  test('workflows: a workflow continues as new until it is done', async () => assert.equal(await outputOf(await begin('counting', 1)), 64));

  test('workflows: state shows name, id, input and times', async () => {
    const id = await begin('sequence', 2);
    const state = await ends(id);
    assert.deepEqual([state.name, state.instanceId, state.serializedInput], ['sequence', id, '2']);
    assert.ok(state.createdAt <= state.lastUpdatedAt);
    assert.equal((await client.getWorkflowState(id, false)).serializedInput || undefined, undefined);
  });

  test('workflows: an unknown instance has no state', async () => assert.equal(await client.getWorkflowState(unique('none'), true), undefined));

  test('workflows: a start can be scheduled for later', async () => {
    const at = Date.now() + 1_000;
    const id = await begin('timed', 0, new Date(at));
    assert.equal((await client.getWorkflowState(id, false)).runtimeStatus, Status.PENDING);
    await ends(id);
    assert.ok(Date.now() >= at - 50);
  });

  test('workflows: a running instance id cannot be started again, a finished one can', async () => {
    const id = await begin('waiting');
    await assert.rejects(client.scheduleNewWorkflow('waiting', undefined, id));
    await client.raiseEvent(id, 'go', 1);
    await ends(id);
    await client.scheduleNewWorkflow('sequence', 1, id);
    assert.equal(await outputOf(id), 8);
  });

  test('workflows: a terminated workflow ends with the given output', async () => {
    const id = await begin('waiting');
    await client.terminateWorkflow(id, 'enough');
    assert.equal((await ends(id, Status.TERMINATED)).serializedOutput, '"enough"');
  });

  test('workflows: terminating an unknown instance is an error', async () => assert.rejects(client.terminateWorkflow(unique('none'), null)));

  test('workflows: a suspended workflow keeps its events until it is resumed', async () => {
    const id = await begin('waiting');
    await client.suspendWorkflow(id);
    assert.equal((await client.getWorkflowState(id, false)).runtimeStatus, Status.SUSPENDED);
    await client.raiseEvent(id, 'go', 'kept');
    await delay(300);
    assert.equal((await client.getWorkflowState(id, false)).runtimeStatus, Status.SUSPENDED);
    await client.resumeWorkflow(id);
    assert.deepEqual(await outputOf(id), { got: 'kept' });
  });

  test('workflows: a purged workflow is gone', async () => {
    const id = await begin('sequence', 1);
    await ends(id);
    assert.equal(await client.purgeWorkflow(id), true);
    assert.equal(await client.getWorkflowState(id, true), undefined);
  });

  test('workflows: a running workflow cannot be purged, nor an unknown one', async () => {
    const id = await begin('waiting');
    await assert.rejects(client.purgeWorkflow(id));
    await assert.rejects(client.purgeWorkflow(unique('none')));
    await client.terminateWorkflow(id, null);
  });
}
