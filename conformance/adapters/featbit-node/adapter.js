// The adapter of FeatBit's published Node SDK: it executes one command per line of its standard input, and answers each with one line of
// JSON. It adds nothing to what the SDK does.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { FbClientBuilder, UserBuilder } from '@featbit/node-server-sdk';

/** The time between two reads of a value that is awaited, in milliseconds. */
const PAUSE = 5;

const warnings = [];
const note = (...parts) => warnings.push(parts.map(String).join(' '));
const logger = { error: note, warn: note, info() {}, debug() {} };
let client;

/** Returns the user of the SDK. */
function userOf({ keyId, name, customizedProperties }) {
  const builder = new UserBuilder(keyId);
  if (name !== undefined) builder.name(name);
  for (const { name, value } of customizedProperties) builder.custom(name, value);
  return builder.build();
}

function read({ user, flag, type, default: value }) {
  const reader = { boolean: 'boolVariation', number: 'numberVariation', json: 'jsonVariation', string: 'stringVariation' }[type];
  return client[reader](flag, userOf(user), value);
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const commands = {
  async start({ secret, streamingUrl, httpUrl, waitMs }) {
    client = new FbClientBuilder()
      .sdkKey(secret)
      .streamingUri(streamingUrl)
      .pollingUri(httpUrl)
      .eventsUri(httpUrl)
      .startWaitTime(waitMs)
      .logger(logger)
      .build();
    const ready = await client.waitForInitialization().then(() => true, () => false);
    return { ready };
  },
  async read({ reads }) {
    const values = [];
    for (const one of reads) {
      // An error of the SDK is no value that a case expects.
      const value = await Promise.resolve().then(() => read(one)).catch((error) => ({ throws: String(error) }));
      values.push(value ?? null);
    }
    return { values };
  },
  async wait({ read: awaited, value, timeoutMs }) {
    const deadline = performance.now() + timeoutMs;
    while (!same(await read(awaited), value)) {
      if (performance.now() > deadline) return { seen: false };
      await delay(PAUSE);
    }
    return { seen: true };
  },
  async track({ user, event, value }) {
    client.track(userOf(user), event, value);
  },
  async flush() {
    await client.flush();
  },
  async notices() {
    return { notices: warnings.splice(0) };
  },
  async close() {
    await client?.close();
    client = undefined;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = await commands[command.do](command).then(
    (answer) => ({ ok: true, ...answer }),
    (error) => ({ ok: false, error: String(error?.stack ?? error) }),
  );
  process.stdout.write(JSON.stringify(answer) + '\n');
}
process.exit(0);
