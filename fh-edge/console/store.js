// What is known of the server, and who wants to hear of it.

import { get } from './api.js';

const features = new Map();
const listeners = new Set();
/** Changes that came while lists of an environment were on their way, for each list. */
const underWay = new Map();

export const store = { environments: [], revision: 0, relayed: false };

/** Calls `listener({ environment, keys })` when features change, with nothing when environments do. Answers how to stop. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(news) {
  for (const listener of [...listeners]) listener(news);
}

export function setEnvironments(overview) {
  store.environments = overview.environments;
  store.revision = overview.revision;
  store.relayed = overview.relayed;
  const known = new Set(store.environments.map((each) => each.id));
  for (const id of [...features.keys()]) if (!known.has(id)) features.delete(id);
  tell({});
}

/** May it be looked at only? */
export function isFixed(feature) {
  return feature.locked || store.relayed;
}

/** The features of an environment by key, in order; nothing if they were not loaded. */
export function featuresOf(environment) {
  return features.get(environment);
}

export function featureOf(environment, key) {
  return features.get(environment)?.get(key);
}

/** Loads an environment's features. What came while the list was on its way happens to it as well: the list may be older. */
export async function load(environment) {
  const meanwhile = [];
  const lists = underWay.get(environment) ?? new Set();
  underWay.set(environment, lists.add(meanwhile));
  let list;
  try {
    list = await get(`features/${environment}`);
  } finally {
    lists.delete(meanwhile);
  }
  const before = features.get(environment);
  const now = new Map(list.features.map((feature) => [feature.key, feature]));
  for (const news of meanwhile) apply(now, news);
  features.set(environment, now);
  tell({ environment, keys: new Set([...now.keys(), ...(before?.keys() ?? [])]) });
}

/** Takes a change that the server told of. */
export function change({ revision, environment, features: changed, gone = [] }) {
  store.revision = Math.max(store.revision, revision);
  take(environment, { changed, gone });
}

/** Takes a feature as the server answered it. */
export function put(environment, feature) {
  take(environment, { changed: [feature], gone: [] });
}

function take(environment, news) {
  for (const meanwhile of underWay.get(environment) ?? []) meanwhile.push(news);
  const known = features.get(environment);
  if (!known) return;
  const keys = apply(known, news);
  if (keys.size > 0) tell({ environment, keys });
}

/** Answers the keys of what is another now. An older state of a feature is no news. */
function apply(known, { changed, gone }) {
  const keys = new Set(gone);
  for (const key of gone) known.delete(key);
  for (const feature of changed) {
    const before = known.get(feature.key);
    if (before && before.id === feature.id && before.version > feature.version) continue;
    known.set(feature.key, feature);
    keys.add(feature.key);
  }
  return keys;
}
