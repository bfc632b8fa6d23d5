// Reads and writes the address: #/view/environment/feature.

const VIEWS = ['features', 'ask', 'rollout', 'clients', 'keys'];

/**
 * Reads the address. It names an environment by its id or its name; without one, the first environment is meant. An environment that does
 * not exist is returned as `unknown`, and no other one takes its place.
 */
export function route(environments) {
  const parts = location.hash.replace(/^#\/?/, '').split('/').map(decode);
  const view = VIEWS.includes(parts[0]) ? parts[0] : 'features';
  const [, wanted, feature] = parts;
  if (!wanted) return { view, environment: environments[0] };
  const environment = environments.find((each) => each.id === wanted) ?? environments.find((each) => each.name === wanted);
  return { view, environment, feature: feature || undefined, unknown: environment ? undefined : wanted };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Returns the address of a view. It contains the name of the environment if that is unique, else its id. */
export function address(environments, view, environment, feature) {
  if (!environment) return `#/${view}`;
  const namesakes = environments.filter((each) => each.name === environment.name);
  const clear = environment.name && namesakes.length === 1;
  const parts = [view, clear ? environment.name : environment.id, ...(feature ? [feature] : [])];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function go(hash) {
  location.hash = hash;
}

/** Replaces the address without a new entry in the history. */
export function rename(hash) {
  history.replaceState(null, '', hash);
}
