// Checks that FeatBit's published Node SDK works with the test server: `node check.js path/to/fh-test-featbit`. It prints one line of JSON
// with the results, and fails if one of them is false.
import { once } from 'node:events';
import { FbClientBuilder, UserBuilder, DataSyncModeEnum } from '@featbit/node-server-sdk';
import { booleanFlag, segment } from './flags.js';
import { Program } from './program.js';

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const user = new UserBuilder('alice').name('Alice').build();
const checks = {};

/** Returns a client of the SDK. */
function client(program, settings = (builder) => builder) {
  const builder = new FbClientBuilder()
    .sdkKey(program.environment.serverSecret)
    .streamingUri(program.streamingUrl)
    .pollingUri(program.httpUrl)
    .eventsUri(program.httpUrl)
    .flushInterval(200)
    .logger(silent);
  return settings(builder).build();
}

/** Makes a change, and waits until the SDK tells of the flag. */
async function update(sdk, key, change) {
  const updated = once(sdk, `update:${key}`, { signal: AbortSignal.timeout(10_000) });
  await change();
  await updated;
}

async function streaming(program) {
  const sdk = client(program);
  await sdk.waitForInitialization();
  checks.initialized = sdk.initialized();
  checks.evaluates = (await sdk.boolVariation('plain', user, false)) === true;
  const put = (name, record) => program.tell(name, { record });
  await update(sdk, 'plain', () => put('putFlag', booleanFlag('plain', false)));
  checks.seesChange = (await sdk.boolVariation('plain', user, true)) === false;
  await put('putFlag', booleanFlag('members', false, 'staff'));
  await update(sdk, 'members', () => put('putSegment', segment('staff', ['alice'])));
  checks.seesSegment = (await sdk.boolVariation('members', user, false)) === true;

  sdk.track(user, 'checkout', 12.5);
  await sdk.flush();
  await program.tell('waitFor', { insights: 1 });
  const { insights } = await program.tell('record');
  const events = insights.flatMap((insight) => JSON.parse(insight.body));
  checks.sendsEvents = insights.every((insight) => insight.status === 200) && events.some((event) => event.metrics?.length === 1);

  // The SDK waits for a second, and then asks for what is newer than its records.
  await program.tell('dropSockets');
  await program.tell('waitFor', { socketsOpened: 2, openSockets: 1 });
  await update(sdk, 'plain', () => put('putFlag', booleanFlag('plain', true)));
  checks.reconnects = (await sdk.boolVariation('plain', user, false)) === true;
  const { messages } = await program.tell('record');
  const syncs = messages.map((message) => JSON.parse(message.text)).filter((message) => message.messageType === 'data-sync');
  checks.asksWithItsCursor = syncs.length === 2 && syncs[0].data.timestamp === 0 && syncs[1].data.timestamp > 0;
  await sdk.close();
  await program.tell('waitFor', { openSockets: 0 });
  checks.closes = true;
}

async function polling(program) {
  const sdk = client(program, (builder) => builder.dataSyncMode(DataSyncModeEnum.POLLING).pollingInterval(200));
  await sdk.waitForInitialization();
  checks.polls = (await sdk.boolVariation('plain', user, false)) === true;
  await update(sdk, 'plain', () => program.tell('putFlag', { record: booleanFlag('plain', false) }));
  checks.pollsChange = (await sdk.boolVariation('plain', user, true)) === false;
  await sdk.close();
}

/** A token that the server refuses once: the SDK never connects again, which is why the fault exists. */
async function refused(program) {
  await program.tell('arm', { fault: 'refuseToken', times: 1 });
  const { upgrades } = await program.tell('record');
  const sdk = client(program, (builder) => builder.startWaitTime(500));
  const outcome = await sdk.waitForInitialization().then(() => 'ready', () => 'failed');
  const after = (await program.tell('record')).upgrades;
  checks.givesUpAfter4003 = outcome === 'failed' && after.length === upgrades.length + 1 && after.at(-1).outcome.refused === 4003;
  await sdk.close();
}

let error;
const program = await Program.start(process.argv[2]);
try {
  await program.tell('putFlag', { record: booleanFlag('plain', true) });
  await streaming(program);
  await polling(program);
  await refused(program);
} catch (thrown) {
  error = String(thrown?.stack ?? thrown);
}
program.stop();
const ok = error === undefined && Object.values(checks).every(Boolean);
console.log(JSON.stringify({ ok, sdk: '@featbit/node-server-sdk 1.3.0', checks, error }));
process.exit(ok ? 0 : 1);
