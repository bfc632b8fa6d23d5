// What is known of the server, and who wants to hear of it.

import { get } from './api.js';

const features = new Map();
const listeners = new Set();

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

/** Loads an environment's features. What came meanwhile and is newer stays. */
export async function load(environment) {
  const list = await get(`features/${environment}`);
  const before = features.get(environment);
  const now = new Map();
  for (const feature of list.features) {
    const known = before?.get(feature.key);
    now.set(feature.key, known && known.version > feature.version ? known : feature);
  }
  features.set(environment, now);
  tell({ environment, keys: new Set([...now.keys(), ...(before?.keys() ?? [])]) });
}

/** Takes a change that the server told of. */
export function change({ revision, environment, features: changed, gone = [] }) {
  store.revision = Math.max(store.revision, revision);
  const known = features.get(environment);
  if (!known) return;
  for (const key of gone) known.delete(key);
  for (const feature of changed) take(known, feature);
  tell({ environment, keys: new Set([...gone, ...changed.map((each) => each.key)]) });
}

/** Takes a feature as the server answered it. */
export function put(environment, feature) {
  const known = features.get(environment);
  if (!known || !take(known, feature)) return;
  tell({ environment, keys: new Set([feature.key]) });
}

function take(known, feature) {
  const before = known.get(feature.key);
  if (before && before.version > feature.version) return false;
  known.set(feature.key, feature);
  return true;
}
