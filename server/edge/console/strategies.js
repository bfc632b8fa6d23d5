// The strategies of a feature: their description, and an editor as a form or as JSON.

import { Refused } from './api.js';
import { overtaken } from './dialogs.js';
import { complain, field, h, refill } from './dom.js';
import { inWords } from './in-words.js';
import * as json from './json.js';
import { isFixed } from './store.js';
import { strategyForm } from './strategy-form.js';
import { value, whom } from './words.js';

export function strategiesEditor(environment, key, { save, said }) {
  const words = h('div');
  const edit = h('button', { type: 'button', onclick: begin }, 'Edit strategies');
  const rest = h('p', { class: 'quiet' });
  const reading = h('div', {}, words, rest, h('div', { class: 'actions' }, edit));
  const editing = h('div', { hidden: true });
  const element = h('div', {}, h('h3', {}, 'Strategies', h('span', { class: 'quiet' }, ' the first that matches decides')), reading, editing);
  let latest;
  let draft;

  function update(feature) {
    latest = feature;
    refill(words, inWords(feature) ?? h('p', { class: 'quiet' }, 'None: all users get the value above.'));
    edit.disabled = isFixed(feature);
    draft?.update(feature);
  }

  function begin() {
    draft = strategiesDraft(environment, key, latest, { save, end });
    refill(editing, draft.element);
    reading.hidden = true;
    editing.hidden = false;
    draft.focus();
  }

  function end(isSaved) {
    draft = undefined;
    refill(editing);
    editing.hidden = true;
    reading.hidden = false;
    update(latest);
    if (isSaved) said();
    edit.focus();
  }

  return { element, update, isDirty: () => Boolean(draft?.isDirty()) };
}

/** Creates the editor of the strategies. */
function strategiesDraft(environment, key, feature, { save, end }) {
  let baseline = feature;
  let latest = feature;
  let isSaving = false;
  let strategies = json.parse(json.write(feature.strategies ?? []));

  const preview = h('div', { class: 'preview', role: 'status', 'aria-label': 'In words' });
  const conflict = h('div');
  const trouble = h('p', { class: 'error', hidden: true });
  const forms = h('div', { class: 'forms' });
  const adding = h(
    'div', { class: 'actions' },
    h('button', { type: 'button', onclick: () => add({ percentage: 100_000 }) }, 'Add a strategy by percentage'),
    h('button', { type: 'button', onclick: () => add({ attributes: [{ fieldName: 'country', type: 'STRING', conditional: 'EQUALS', values: [] }] }) }, 'Add a strategy by rule'),
  );
  const asForm = h('div', {}, forms, adding);
  const text = h('textarea', { rows: 14, class: 'mono', spellcheck: 'false', oninput: readText });
  const asJson = field('Strategies as JSON', text, { wide: true });
  asJson.root.hidden = true;
  preview.hidden = true;
  const other = h('button', { type: 'button', class: 'plain', onclick: turn }, 'Edit as JSON');
  const submit = h('button', { type: 'submit', class: 'main' }, 'Save strategies');
  const element = h(
    'form', { class: 'editor', novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      send(baseline.version);
    } },
    asForm, asJson.root, preview,
    h('div', { class: 'last' }, conflict, trouble,
      h('div', { class: 'actions' }, submit, h('button', { type: 'button', onclick: () => end(false) }, 'Cancel'), other)),
  );
  let parts = [];

  function add(strategy) {
    const id = freshId(strategies);
    strategies.push({ id, ...strategy, value: feature.type === 'BOOLEAN' ? feature.value !== true : '' });
    build();
    parts.at(-1).focus();
  }

  /** Builds the form again after strategies were added, removed or moved. */
  function build() {
    const count = strategies.length;
    parts = strategies.map((strategy, place) => strategyForm(strategy, place, feature.type, {
      environment,
      changed: describe,
      remove: () => {
        strategies.splice(place, 1);
        build();
        (parts[Math.min(place, parts.length - 1)] ?? { focus: () => adding.firstChild.focus() }).focus();
      },
      up: place > 0 && (() => move(place, place - 1)),
      down: place < count - 1 && (() => move(place, place + 1)),
    }));
    refill(forms, parts.map((part) => part.element));
    describe();
  }

  function move(from, to) {
    strategies.splice(to, 0, ...strategies.splice(from, 1));
    build();
    parts[to].focus();
  }

  function describe() {
    refill(preview, inWords({ strategies, type: feature.type }) ?? h('p', { class: 'quiet' }, 'No strategies: all users get the same value.'));
    parts.forEach((part, place) => part.describe(whom(strategies[place]), ' → ', h('b', {}, value(strategies[place]?.value, feature.type, 40))));
  }

  function readText() {
    const wrong = json.problem(text.value) ?? notAList(json.parse(text.value));
    asJson.complain(wrong);
    if (wrong) return false;
    strategies = json.parse(text.value);
    describe();
    return true;
  }

  /** Switches between the form and JSON. */
  function turn() {
    if (asJson.root.hidden) {
      parts = [];
      text.value = json.write(strategies, 2);
      asJson.complain();
    } else {
      if (!readText()) {
        text.focus();
        return;
      }
      build();
    }
    asJson.root.hidden = !asJson.root.hidden;
    asForm.hidden = !asJson.root.hidden;
    preview.hidden = asJson.root.hidden;
    other.textContent = asJson.root.hidden ? 'Edit as JSON' : 'Edit as a form';
    (asJson.root.hidden ? other : text).focus();
  }

  function update(now) {
    const known = latest;
    latest = now;
    if (isSaving) return;
    if (json.same(baseline.strategies, now.strategies)) baseline = now;
    else if (!json.same(known.strategies, now.strategies)) warn();
    submit.disabled = isFixed(now);
  }

  function warn() {
    const theirs = () => {
      baseline = latest;
      strategies = json.parse(json.write(latest.strategies ?? []));
      refill(conflict);
      if (!asJson.root.hidden) text.value = json.write(strategies, 2);
      else build();
      describe();
    };
    const shown = inWords(latest) ?? h('span', {}, 'no strategies');
    refill(conflict, overtaken(shown, { mine: () => send(latest.version), theirs }));
  }

  async function send(version) {
    complain(trouble);
    asJson.complain();
    if (!asJson.root.hidden && !readText()) {
      text.focus();
      return;
    }
    const bad = parts.find((part) => !part.check());
    if (bad) return;
    isSaving = true;
    submit.disabled = true;
    try {
      await save({ strategies }, version);
      end(true);
    } catch (error) {
      if (error instanceof Refused && error.status === 412) warn();
      else refuse(error);
    } finally {
      isSaving = false;
      submit.disabled = isFixed(latest);
    }
  }

  /** Shows an error of the server at the strategy that it is about. */
  function refuse(error) {
    const place = error.place ? `${error.place}: ` : '';
    const strategy = /^strategies\[(\d+)\]/.exec(error.place ?? '')?.[1];
    const all = [{ place: error.place, error: error.message }, ...(error.further ?? [])];
    if (!asJson.root.hidden) asJson.complain(all.map((each) => `${each.place ?? ''}: ${each.error}`).join('\n'));
    else if (strategy !== undefined && parts[strategy]) parts[strategy].complain(error.message, error.place);
    else complain(trouble, `${place}${error.message}`);
  }

  /** Returns true if there are unsaved changes. */
  function isDirty() {
    if (!asJson.root.hidden && (json.problem(text.value) ?? notAList(json.parse(text.value)))) return true;
    return !json.same(strategies, baseline.strategies ?? []);
  }

  build();
  return { element, update, isDirty, focus: () => (parts[0] ?? { focus: () => adding.firstChild.focus() }).focus() };
}

function notAList(value) {
  return Array.isArray(value) ? undefined : 'Strategies are a list: [ … ].';
}

/** Returns a random id that no other strategy of the feature has. */
function freshId(strategies) {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  for (;;) {
    const drawn = crypto.getRandomValues(new Uint8Array(5));
    const id = [...drawn].map((byte) => letters[byte % letters.length]).join('');
    if (!strategies.some((strategy) => strategy?.id === id)) return id;
  }
}
