// What the address says: #/view/environment/feature.

const VIEWS = ['features', 'ask', 'rollout', 'clients', 'keys'];

/** Reads the address. Environments go by name where that is clear. Without one it is the first; never another than the one that is named. */
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

/** The address of a view. */
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

/** The same place under another name. */
export function rename(hash) {
  history.replaceState(null, '', hash);
}
