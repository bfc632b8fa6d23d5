// The evaluation view: the value of every feature for a context, with the reason.

import { post } from './api.js';
import { contextForm } from './context.js';
import { complain, field, h, refill } from './dom.js';
import { inTurn } from './in-turn.js';
import { value } from './words.js';

const REASONS = {
  STRATEGY_MATCH: 'strategy', SPLIT: 'percentage', DEFAULT: 'all other users', STATIC: 'all users', NOT_SET: 'not set',
};

/** The last input by environment, which is shown again when the view is opened again. */
const typed = new Map();

export function askView(main, environment, chosen) {
  const before = typed.get(environment.id) ?? [['userkey', ''], ['country', '']];
  const context = contextForm(environment, before, () => remember());
  const profile = field('Profile', h('select', {}, h('option', { value: '' }, `as configured: ${environment.profile}`), h('option', { value: 'client' }, 'client'), h('option', { value: 'edge' }, 'edge')));
  const now = field('Time', h('input', { type: 'text', placeholder: 'now', autocomplete: 'off', spellcheck: 'false' }), { hint: 'For rules on now, such as 2027-01-01T00:00:00Z.' });
  const trouble = h('p', { class: 'error', hidden: true });
  const submit = h('button', { type: 'submit', class: 'main' }, 'Show');
  const form = h('form', { class: 'question', onsubmit: (event) => {
    event.preventDefault();
    ask();
  } }, context.element, h('div', { class: 'fields' }, profile.root, now.root), h('div', { class: 'actions' }, submit), trouble);
  const answers = h('div', { class: 'answers', 'aria-live': 'polite' });
  const open = new Set(chosen ? [chosen] : []);
  let asked = 0;
  let hasAsked = false;
  const askAgain = inTurn(ask);

  refill(main, h('div', { class: 'two' }, h('section', {}, h('h2', {}, 'Evaluate for a context'), form), h('section', { 'aria-label': 'Answers' }, answers)));

  function remember() {
    typed.set(environment.id, [...form.querySelectorAll('.context-row')].map((row) => [...row.querySelectorAll('input')].map((input) => input.value)));
  }

  async function ask() {
    const turn = asked += 1;
    complain(trouble);
    now.complain();
    profile.complain();
    const question = { environment: environment.id, context: context.read() };
    if (profile.control.value) question.profile = profile.control.value;
    if (now.control.value.trim()) question.now = now.control.value.trim();
    try {
      const answer = await post('evaluate', question);
      if (turn !== asked) return;
      hasAsked = true;
      show(answer.features);
    } catch (error) {
      if (turn !== asked) return;
      if (error.place === 'now') now.complain(`This is ${error.message}.`);
      else complain(trouble, error.message);
    }
  }

  function show(features) {
    const rest = features.filter((feature) => !feature.retired);
    const picked = rest.filter((feature) => feature.strategy !== null || feature.reason === 'STRATEGY_MATCH' || feature.reason === 'SPLIT').length;
    refill(
      answers,
      h('p', { class: 'quiet' }, `${rest.length} ${rest.length === 1 ? 'feature' : 'features'}, ${picked} by a strategy`),
      h('ul', { class: 'answer-list' }, rest.map(answer)),
    );
  }

  function answer(feature) {
    const { key, type, reason, strategy, text } = feature;
    const isPicked = reason === 'STRATEGY_MATCH' || reason === 'SPLIT';
    const why = `${REASONS[reason] ?? reason}${isPicked && strategy ? ` ${strategy}` : ''}`;
    // The first line repeats the summary.
    const lines = text.slice(1).map((line) => h('li', { class: `line ${line.mark} in-${Math.min(line.indent, 3)}` }, line.text));
    const details = h(
      'details', { class: isPicked ? 'picked' : '', open: open.has(key), ontoggle: () => (details.open ? open.add(key) : open.delete(key)) },
      h('summary', {}, h('span', { class: 'key' }, key), h('span', { class: 'mono' }, value(feature.value, type, 60)), h('span', { class: 'why' }, why)),
      h('ul', { class: 'lines' }, lines.length ? lines : h('li', { class: 'line quiet' }, 'There are no strategies: all users get this.')),
    );
    const item = h('li', {}, details);
    if (key === chosen) queueMicrotask(() => details.scrollIntoView({ block: 'nearest' }));
    return item;
  }

  if (typed.has(environment.id) || chosen) ask();
  else refill(answers, h('p', { class: 'empty' }, 'Enter a context to see the value of every feature for it, and the reason.'));
  form.querySelector('.given').focus({ preventScroll: true });

  return {
    turn() {},
    hear({ environment: changed }) {
      if (changed !== environment.id) return;
      context.suggest();
      if (hasAsked) askAgain();
    },
  };
}
