// What the address says: #/view/environment/feature.

const VIEWS = ['features', 'ask', 'rollout', 'clients', 'keys'];

/** Reads the address. Environments go by name where that is clear. */
export function route(environments) {
  const parts = location.hash.replace(/^#\/?/, '').split('/').map(decode);
  const view = VIEWS.includes(parts[0]) ? parts[0] : 'features';
  const named = environments.find((each) => each.id === parts[1]) ?? environments.find((each) => each.name === parts[1]);
  return { view, environment: named ?? environments[0], feature: named && parts[2] ? parts[2] : undefined };
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
