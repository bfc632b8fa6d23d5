// The entry point of the console: signing in, the bar at the top, and the choice of the view.

import { hasKey, forget } from './api.js';
import { follow } from './live.js';
import { change, featuresOf, listen, load, setEnvironments, store } from './store.js';
import { h, refill } from './dom.js';
import { confirmed } from './dialogs.js';
import { address, go, rename, route } from './route.js';
import { signInView } from './sign-in.js';
import { featuresView } from './features.js';
import { askView } from './ask.js';
import { rolloutView } from './rollout.js';
import { clientsView } from './clients.js';
import { keysView } from './keys.js';
import { hush } from './notices.js';

const VIEWS = {
  features: { name: 'Features', make: featuresView },
  ask: { name: 'Evaluate', make: askView },
  rollout: { name: 'Rollout', make: rolloutView },
  clients: { name: 'Clients', make: clientsView },
  keys: { name: 'Keys', make: keysView },
};

const main = document.getElementById('main');
const bar = document.getElementById('bar');
const chooser = document.getElementById('environment');
const live = document.getElementById('live');
const skip = document.getElementById('skip');

/** The current view: its address, its environment, and the functions that it provides. */
let shown;
let stopFollowing;

function begin() {
  bar.hidden = false;
  skip.hidden = false;
  stopFollowing = follow(onEvent, onState);
  onState('away');
  refill(main, h('p', { class: 'empty' }, 'Loading…'));
}

function end(why) {
  stopFollowing?.();
  stopFollowing = undefined;
  shown?.end?.();
  shown = undefined;
  forget();
  hush();
  bar.hidden = true;
  skip.hidden = true;
  document.title = 'Feature console';
  signInView(main, why, begin);
}

async function onEvent(name, data) {
  if (name === 'features') change(data);
  if (name !== 'environments') return;
  setEnvironments(data);
  // Anything may have changed between two streams.
  const loaded = store.environments.filter((each) => featuresOf(each.id)).map((each) => each.id);
  const current = route(store.environments).environment?.id;
  const wanted = new Set([...loaded, ...(current ? [current] : [])]);
  await Promise.all([...wanted].map((id) => load(id))).catch(() => {});
  show();
}

function onState(state) {
  const words = { live: 'Live', away: 'Not connected' };
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = words[state];
}

/** Shows the view that the address names. */
function show() {
  if (!stopFollowing) return;
  const asked = route(store.environments);
  const { view, environment, feature, unknown } = asked;
  const still = store.environments.find((each) => each.id === shown?.environment?.id);
  if (unknown && still) {
    // The environment was renamed.
    rename(address(store.environments, view, still, feature));
    show();
    return;
  }
  showBar(asked);
  const of = `${view}/${environment?.id ?? unknown ?? ''}/${environment?.name}`;
  if (shown?.of === of) {
    shown.turn?.(feature);
    shown.address = location.hash;
    return;
  }
  // A view with unsaved input stays, even if its environment was renamed.
  if (shown?.isBusy?.() && shown.view === view && shown.environment?.id === environment?.id) return;
  shown?.end?.();
  refill(main);
  const place = { of, view, environment, address: location.hash };
  if (!environment) {
    shown = place;
    refill(main, h('p', { class: 'empty' }, unknown ? `There is no environment ${unknown}.` : 'This server has no environments yet.'));
    return;
  }
  shown = { ...place, ...VIEWS[view].make(main, environment, feature) };
  if (!featuresOf(environment.id)) load(environment.id).catch(() => {});
}

/** Shows the view of the new address. Asks first if unsaved input would be lost. */
async function turn() {
  const wanted = location.hash;
  if (!shown?.isBusy?.() || wanted === shown.address) {
    show();
    return;
  }
  rename(shown.address);
  if (await confirmed('Leave without saving?', 'Your input would be lost.', 'Leave')) {
    shown?.drop?.();
    go(wanted);
  }
}

function showBar({ view, environment }) {
  document.title = `${VIEWS[view].name} · ${environment?.name || 'Feature console'}`;
  const names = store.environments.map((each) => [each.id, each.name || each.id]);
  const before = [...chooser.options].map((option) => [option.value, option.text]);
  if (JSON.stringify(names) !== JSON.stringify(before)) {
    refill(chooser, names.map(([id, name]) => h('option', { value: id }, name)));
  }
  chooser.value = environment?.id ?? '';
  const links = Object.entries(VIEWS).map(([name, { name: title }]) => h(
    'a', { href: address(store.environments, name, environment), 'aria-current': name === view ? 'page' : false }, title,
  ));
  const nav = document.getElementById('views');
  const focused = [...nav.children].indexOf(document.activeElement);
  refill(nav, links);
  if (focused >= 0) nav.children[focused]?.focus();
}

chooser.addEventListener('change', () => {
  const { view, feature } = route(store.environments);
  const environment = store.environments.find((each) => each.id === chooser.value);
  go(address(store.environments, view, environment, feature));
});
skip.addEventListener('click', () => main.focus());
document.getElementById('leave').addEventListener('click', () => end());
addEventListener('hashchange', turn);
addEventListener('beforeunload', (event) => {
  if (shown?.isBusy?.()) event.preventDefault();
});
addEventListener('signed-out', () => {
  if (stopFollowing) end('The server no longer accepts this key.');
});
addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector('input[type=search]');
  if (search) {
    event.preventDefault();
    search.focus();
  }
});
listen((news) => {
  if (!news.keys) return;
  shown?.hear?.(news);
});

if (hasKey()) begin();
else end();
