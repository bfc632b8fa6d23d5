// The rollout view: how many simulated users each strategy of a feature matches.

import { post } from './api.js';
import { contextForm } from './context.js';
import { complain, field, h, refill } from './dom.js';
import { inTurn } from './in-turn.js';
import { number } from './json.js';
import { address, go } from './route.js';
import { featureOf, featuresOf, store } from './store.js';
import { roughly, value, whom } from './words.js';

export function rolloutView(main, environment, chosen) {
  const which = field('Feature', h('select', { onchange: () => go(address(store.environments, 'rollout', environment, which.control.value)) }));
  const context = contextForm(environment, [['country', '']], () => {});
  const attribute = field('Users differ in', h('input', { type: 'text', list: context.namesId, '.value': 'userkey', autocomplete: 'off', spellcheck: 'false' }));
  const people = field('Users', h('select', {}, [1000, 10_000, 100_000].map((count) => h('option', { value: count, selected: count === 10_000 }, count.toLocaleString('en')))));
  const trouble = h('p', { class: 'error', hidden: true });
  const form = h('form', { class: 'question', onsubmit: (event) => {
    event.preventDefault();
    ask();
  } }, which.root, h('div', { class: 'fields' }, attribute.root, people.root), context.element, h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'main' }, 'Try')), trouble);
  const answer = h('div', { 'aria-live': 'polite' });
  let key = chosen;
  let asked = 0;
  let hasAsked = false;
  const askAgain = inTurn(ask);

  refill(main, h('div', { class: 'two' }, h('section', {}, h('h2', {}, 'Rollout'), form), h('section', { 'aria-label': 'Histogram' }, answer)));

  function offer() {
    const features = [...(featuresOf(environment.id)?.values() ?? [])];
    // Features with strategies come first.
    const rank = (feature) => (feature.strategies?.length ? 0 : 1);
    features.sort((one, other) => rank(one) - rank(other));
    refill(which.control, features.map((feature) => h('option', { value: feature.key }, feature.key)));
    if (key === undefined || !featureOf(environment.id, key)) key = features[0]?.key;
    which.control.value = key ?? '';
    context.suggest();
  }

  async function ask() {
    if (key === undefined) return;
    const turn = asked += 1;
    for (const each of [which, attribute, people]) each.complain();
    complain(trouble);
    const question = { environment: environment.id, feature: key, attribute: attribute.control.value.trim(), people: Number(people.control.value), context: context.read() };
    try {
      const rollout = await post('rollout', question);
      if (turn !== asked) return;
      hasAsked = true;
      show(rollout);
    } catch (error) {
      if (turn !== asked) return;
      const place = { feature: which, attribute, people }[error.place];
      if (place) place.complain(error.message);
      else complain(trouble, error.message);
    }
  }

  function show(rollout) {
    const feature = featureOf(environment.id, rollout.feature);
    const bars = rollout.strategies.map((arm) => bar(arm, feature?.strategies ?? [], rollout));
    refill(
      answer,
      h('h3', {}, rollout.feature, h('span', { class: 'quiet' }, ` for ${rollout.people.toLocaleString('en')} simulated users by ${rollout.attribute}`)),
      rollout.note && h('p', { class: 'remark' }, sentence(rollout.note)),
      h('ul', { class: 'bars' }, bars),
      rollout.strategies.some((arm) => arm.configured !== null) && h('p', { class: 'quiet' }, 'The mark is the configured percentage', rollout.strategies.some((arm) => arm.ofAdmitted) ? ', of the users that match the rules' : '', rollout.strategies.length > 2 ? '. Users that an earlier strategy matched do not count for later ones.' : '.'),
    );
  }

  /** Creates the row of one strategy: its description, its value, and its share as a bar. */
  function bar(arm, strategies, rollout) {
    const title = arm.strategy === null ? 'all other users' : whom(strategies[arm.strategy]);
    const share = number(arm.share);
    const fill = h('span', { class: 'fill' });
    fill.style.width = `${share * 100}%`;
    const mark = arm.configured !== null && h('span', { class: 'mark' });
    if (mark) mark.style.left = `${Math.min(1, number(arm.configured)) * 100}%`;
    return h(
      'li', { class: arm.strategy === null ? 'rest' : '' },
      h('div', { class: 'bar-words' }, h('span', {}, title), ' ', h('span', { class: 'gives' }, '→ ', h('b', {}, value(arm.value, rollout.type, 40)))),
      h('div', { class: 'bar-line' },
        h('span', { class: 'track', 'aria-hidden': 'true' }, fill, mark),
        h('span', { class: 'share' }, roughly(share)), h('span', { class: 'quiet count' }, arm.people.toLocaleString('en'))),
    );
  }

  offer();
  if (key !== undefined) ask();
  which.control.focus({ preventScroll: true });

  return {
    turn(next) {
      if (next === undefined || next === key) return;
      key = next;
      which.control.value = key;
      ask();
    },
    hear({ environment: changed, keys }) {
      if (changed !== environment.id) return;
      const before = key;
      offer();
      if (key !== undefined && (!hasAsked || keys.has(key) || key !== before)) askAgain();
    },
  };
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
