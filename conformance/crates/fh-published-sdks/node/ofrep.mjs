// The published OFREP providers: the web one asks for all flags at once, the server one for each.
// Prints one line of JSON.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const options = JSON.parse(process.argv[2]);
const key = options.key;
const defaults = { BOOLEAN: false, STRING: 'none', NUMBER: -1, JSON: {} };
const methods = { BOOLEAN: 'Boolean', STRING: 'String', NUMBER: 'Number', JSON: 'Object' };

async function web() {
  const { OpenFeature } = require('@openfeature/web-sdk');
  const { OFREPWebProvider } = require('@openfeature/ofrep-web-provider');
  await OpenFeature.setContext(options.context);
  const statuses = [];
  const counting = async (...given) => {
    const response = await fetch(...given);
    statuses.push(response.status);
    return response;
  };
  const provider = new OFREPWebProvider({
    baseUrl: options.url,
    pollInterval: 50,
    headers: [['Authorization', `Bearer ${key}`]],
    fetchImplementation: counting,
  });
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  const details = read((kind, feature, fallback) => client[`get${methods[kind]}Details`](feature, fallback));
  // It polls until the Edge has said that nothing changed.
  while (!statuses.includes(304)) await new Promise((next) => setTimeout(next, 10));
  await OpenFeature.close();
  return { details, statuses: [...new Set(statuses)] };
}

async function server() {
  const { OpenFeature } = require('@openfeature/server-sdk');
  const { OFREPProvider } = require('@openfeature/ofrep-provider');
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: options.url, headers: [['X-API-Key', key]] }));
  const client = OpenFeature.getClient();
  const details = {};
  for (const [feature, kind] of Object.entries(options.features)) {
    const detail = await client[`get${methods[kind]}Details`](feature, defaults[kind], options.context);
    details[feature] = short(detail);
  }
  await OpenFeature.close();
  return { details };
}

function short({ value, reason, variant, errorCode }) {
  return { value, reason, variant, errorCode };
}

function read(detail) {
  return Object.fromEntries(
    Object.entries(options.features).map(([feature, kind]) => [feature, short(detail(kind, feature, defaults[kind]))]),
  );
}

process.stdout.write(JSON.stringify(await (options.provider === 'web' ? web() : server())) + '\n');
process.exit(0);
