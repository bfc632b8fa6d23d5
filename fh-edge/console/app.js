// Starts the console: signing in, the bar on top, and which view is shown.

import { hasKey, forget } from './api.js';
import { follow } from './live.js';
import { change, featuresOf, listen, load, setEnvironments, store } from './store.js';
import { h, refill } from './dom.js';
import { address, go, route } from './route.js';
import { signInView } from './sign-in.js';
import { featuresView } from './features.js';
import { askView } from './ask.js';
import { rolloutView } from './rollout.js';
import { clientsView } from './clients.js';
import { keysView } from './keys.js';
import { hush } from './notices.js';

const VIEWS = {
  features: { name: 'Features', make: featuresView },
  ask: { name: 'Who sees what', make: askView },
  rollout: { name: 'Rollout', make: rolloutView },
  clients: { name: 'Clients', make: clientsView },
  keys: { name: 'Keys', make: keysView },
};

const main = document.getElementById('main');
const bar = document.getElementById('bar');
const chooser = document.getElementById('environment');
const live = document.getElementById('live');
const skip = document.getElementById('skip');

/** The view that is shown: what it is of, and how it ends. */
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
  // Between two streams anything may have changed.
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

/** Shows what the address asks for. */
function show() {
  if (!stopFollowing || store.environments === undefined) return;
  const asked = route(store.environments);
  showBar(asked);
  const { view, environment, feature } = asked;
  const of = `${view}/${environment?.id ?? ''}`;
  if (shown?.of === of) {
    shown.turn?.(feature);
    return;
  }
  shown?.end?.();
  refill(main);
  if (!environment) {
    shown = { of };
    refill(main, h('p', { class: 'empty' }, 'This server has no environments yet.'));
    return;
  }
  shown = { of, ...VIEWS[view].make(main, environment, feature) };
  if (!featuresOf(environment.id)) load(environment.id).catch(() => {});
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
addEventListener('hashchange', show);
addEventListener('signed-out', () => {
  if (stopFollowing) end('The server does not take this key any more.');
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
