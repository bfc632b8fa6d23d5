// featurehub-javascript-node-sdk as a test drives it: options as the first argument, commands as lines of JSON on standard input,
// one line of JSON for each.
const sdk = require('featurehub-javascript-node-sdk');
const readline = require('node:readline');

sdk.fhLog.quiet();
const options = JSON.parse(process.argv[2]);
const config = new sdk.EdgeFeatureHubConfig(options.url, options.key);
if (options.pollMillis) {
  config.edgeServiceProvider((repository, edge) => new sdk.FeatureHubPollingClient(repository, edge, options.pollMillis));
}
const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n');

const known = { userkey: 'userKey', session: 'sessionKey', country: 'country', device: 'device', platform: 'platform', version: 'version' };
function contextOf(attributes) {
  const context = config.newContext();
  context.clear();
  for (const [name, value] of Object.entries(attributes)) {
    if (known[name]) context[known[name]](value);
    else context.attributeValues(name, Array.isArray(value) ? value : [value]);
  }
  return context;
}

const getters = { BOOLEAN: 'getBoolean', STRING: 'getString', NUMBER: 'getNumber', JSON: 'getRawJson' };
function valuesOf(context) {
  const values = {};
  for (const [key, kind] of Object.entries(options.features)) {
    values[key] = context[getters[kind]](key) ?? null;
  }
  return values;
}

// The repository tells of changes, but not that it is ready again after a change of context, so whoever waits also looks by itself.
const waiting = new Set();
const look = () => waiting.forEach((again) => again());
for (const key of Object.keys(options.features)) config.repository().feature(key).addListener(look);
setInterval(look, 10);

const commands = {
  // Asks for a context to be evaluated for; with a server-evaluated key the Edge does.
  async context({ attributes }) {
    await contextOf(attributes).build();
    return {};
  },
  async values({ contexts }) {
    return { values: contexts.map((attributes) => valuesOf(config.clientEvaluated() ? contextOf(attributes) : config.newContext())) };
  },
  until({ feature, value, attributes }) {
    const context = config.clientEvaluated() ? contextOf(attributes) : config.newContext();
    return new Promise((done) => {
      const again = () => {
        if (config.readiness !== sdk.Readyness.Ready) return;
        if (JSON.stringify(valuesOf(context)[feature]) !== JSON.stringify(value)) return;
        waiting.delete(again);
        done({});
      };
      waiting.add(again);
      again();
    });
  },
  async update({ feature, update }) {
    return { accepted: await new sdk.FeatureUpdater(config).updateKey(feature, update) };
  },
};

config.init();
readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line);
  try {
    say(await commands[command.do](command));
  } catch (error) {
    say({ error: String(error) });
  }
}).on('close', () => process.exit(0));
