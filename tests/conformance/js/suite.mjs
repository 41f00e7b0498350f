// Dapr's own JavaScript SDK, unchanged, against the sidecar that the environment names.
import { after } from 'node:test';
import { server, start } from './world.mjs';
import * as state from './state.mjs';
import * as pubsub from './pubsub.mjs';
import * as invocation from './invocation.mjs';
import * as secrets from './secrets.mjs';
import * as metadata from './metadata.mjs';
import * as actors from './actors.mjs';
import * as workflows from './workflows.mjs';
import * as interop from './interop.mjs';

const parts = [state, pubsub, invocation, secrets, metadata, actors, workflows, interop];
for (const part of parts) await part.host?.(server);
await start(pubsub.subscriptions);
for (const part of parts) part.tests();

after(async () => {
  for (const part of parts) await part.stop?.();
  await server.stop();
  await server.client.stop();
});
