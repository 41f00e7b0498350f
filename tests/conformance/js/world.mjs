// The app under test: one DaprServer whose handlers the parts of the suite register, and the client they call with.
// Environment: APP_PORT, DAPR_HTTP_ENDPOINT, DAPR_GRPC_ENDPOINT; DAPR_API_TOKEN when the sidecar asks for one.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DaprServer, LogLevel } from '@dapr/dapr';

const { APP_PORT: appPort, DAPR_API_TOKEN: daprApiToken, DAPR_HTTP_ENDPOINT: endpoint } = process.env;
const { hostname: daprHost, port: daprPort } = new URL(endpoint);
export const quiet = { level: LogLevel.Error, service: { error() {}, warn() {}, info() {}, verbose() {}, debug() {} } };

export const names = { app: 'js', store: 'store', pubsub: 'pubsub', secrets: 'secrets' };
export const idleTimeout = '2s';
export const server = new DaprServer({
  serverHost: '127.0.0.1',
  serverPort: appPort,
  logger: quiet,
  clientOptions: { daprHost, daprPort, daprApiToken, logger: quiet, actor: { actorIdleTimeout: idleTimeout } },
});
export const { client } = server;

/** Names that no earlier run on the same sidecar has used. */
export const unique = (name) => `${name}-${randomUUID().slice(0, 8)}`;

/** Waits for a condition; its last truthy value is the result. */
export async function eventually(condition, what, seconds = 15) {
  for (const end = Date.now() + seconds * 1_000; ; await delay(20)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Within ${seconds} s it was never true that ${what}.`);
  }
}

/** What the sidecar's error says: its HTTP status and code. */
export function refusal(error) {
  const { status, error_msg: text } = JSON.parse(error.message);
  return { status, code: text.startsWith('{') ? JSON.parse(text).errorCode : text };
}

/** Listens, and returns once the sidecar has taken the subscriptions in and is ready. */
export async function start(subscriptions) {
  await server.start();
  const headers = daprApiToken ? { 'dapr-api-token': daprApiToken } : {};
  await eventually(async () => (await fetch(new URL('/v1.0/healthz', endpoint), { headers })).status === 204, 'the sidecar is ready', 60);
  await eventually(async () => (await client.metadata.get()).subscriptions?.length === subscriptions, `it knows ${subscriptions} subscriptions`);
}
