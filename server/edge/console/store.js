// The data of the server as last received, and the listeners for changes.

import { get } from './api.js';

const features = new Map();
const listeners = new Set();
/** By environment, one list of changes for each request in progress: those received since it began. */
const underWay = new Map();

export const store = { environments: [], revision: 0, readOnly: undefined };

/** Calls `listener({ environment, keys })` when features change, and `listener({})` when environments change. Returns a function that stops it. */
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
  store.readOnly = overview.readOnly;
  const known = new Set(store.environments.map((each) => each.id));
  for (const id of [...features.keys()]) if (!known.has(id)) features.delete(id);
  tell({});
}

/** Returns true if the feature cannot be changed here. */
export function isFixed(feature) {
  return feature.locked || Boolean(store.readOnly);
}

/** Returns the features of an environment by key, in order; `undefined` if they were not loaded. */
export function featuresOf(environment) {
  return features.get(environment);
}

export function featureOf(environment, key) {
  return features.get(environment)?.get(key);
}

/** Loads an environment's features. Changes received during the request are applied to the list, which may be older. */
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

/** Applies a change from an event. */
export function change({ revision, environment, features: changed, gone = [] }) {
  store.revision = Math.max(store.revision, revision);
  take(environment, { changed, gone });
}

/** Applies a feature from a response. */
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

/** Applies changes, and returns the keys of the changed features. Ignores older versions of a feature. */
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
