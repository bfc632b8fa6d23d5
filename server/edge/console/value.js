// An editor for a value that is a text, a number or JSON.

import { Refused } from './api.js';
import { complain, field, h, refill } from './dom.js';
import * as json from './json.js';
import { overtaken } from './dialogs.js';
import { isFixed } from './store.js';
import { value as inWords } from './words.js';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The label and the check of each type. */
const KINDS = {
  STRING: { label: 'Text', problem: () => undefined },
  NUMBER: {
    label: 'Number',
    problem: (text) => (NUMBER.test(text.trim()) ? undefined : 'This is not a number, such as 12.50.'),
  },
  JSON: { label: 'JSON', problem: (text) => (text === '' ? undefined : json.problem(text)) },
};

export function valueEditor(type, { save, said }) {
  const kind = KINDS[type];
  const lines = type === 'NUMBER' ? 1 : type === 'JSON' ? 8 : 3;
  const control = lines === 1
    ? h('input', { type: 'text', inputmode: 'decimal', class: 'mono', autocomplete: 'off', placeholder: 'not set' })
    : h('textarea', { rows: lines, spellcheck: 'false', class: type === 'JSON' ? 'mono' : '', placeholder: 'not set' });
  const typed = field(kind.label, control, { wide: true, hint: lines === 1 ? undefined : 'Ctrl+Enter saves.' });
  const submit = h('button', { type: 'submit', class: 'main' }, 'Save');
  const revert = h('button', { type: 'button', onclick: () => take(latest) }, 'Revert');
  const tidy = type === 'JSON' && h('button', { type: 'button', onclick: format }, 'Format');
  const unset = h('button', { type: 'button', onclick: () => store(latest.value === null ? '' : null, baseline.version) }, 'Unset');
  const conflict = h('div');
  const trouble = h('p', { class: 'error', hidden: true });
  const element = h(
    'form', { class: 'editor', novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      send(baseline.version);
    } },
    typed.root, conflict, trouble, h('div', { class: 'actions' }, submit, revert, tidy, unset),
  );
  /** The feature that the input is based on. */
  let baseline;
  let latest;
  let isSaving = false;

  control.addEventListener('input', () => {
    if (typed.control.getAttribute('aria-invalid') === 'true') typed.complain(kind.problem(control.value));
    show();
  });
  control.addEventListener('change', () => isDirty() && typed.complain(kind.problem(control.value)));
  control.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      element.requestSubmit();
    }
  });

  function isDirty() {
    return baseline !== undefined && control.value !== textOf(baseline.value);
  }

  function take(feature) {
    baseline = feature;
    control.value = textOf(feature.value);
    typed.complain();
    complain(trouble);
    refill(conflict);
    show();
  }

  function update(feature) {
    const sameValue = latest && json.same(latest.value, feature.value);
    latest = feature;
    if (isSaving) return;
    if (!isDirty() || json.same(baseline.value, feature.value)) {
      // The value has not changed, so the input is based on this version, too.
      if (isDirty()) baseline = feature;
      else take(feature);
    } else if (!sameValue) {
      warn();
    }
    show();
  }

  function warn() {
    const theirs = () => {
      take(latest);
      control.focus();
    };
    refill(conflict, overtaken(h('span', { class: 'mono' }, inWords(latest.value, type)), { mine: () => send(latest.version), theirs }));
  }

  function show() {
    const isLocked = latest ? isFixed(latest) : false;
    control.readOnly = isLocked;
    submit.disabled = isLocked || isSaving || !isDirty();
    revert.disabled = !isDirty();
    unset.disabled = isLocked || isSaving || (latest?.value === null && type !== 'STRING');
    unset.textContent = latest?.value === null && type === 'STRING' ? 'Make it an empty text' : 'Unset';
    if (tidy) tidy.disabled = isLocked || control.value === '';
  }

  function send(version) {
    const wrong = kind.problem(control.value);
    typed.complain(wrong);
    if (wrong) {
      control.focus();
      return undefined;
    }
    // A number is sent as text, so that it keeps its spelling.
    return store(type === 'NUMBER' ? control.value.trim() : control.value, version);
  }

  async function store(given, version) {
    complain(trouble);
    isSaving = true;
    show();
    try {
      const answer = await save({ value: given }, version);
      take(latest.version > answer.version ? latest : answer);
      said(given === null ? 'no longer has a value' : 'has a new value');
    } catch (error) {
      if (error instanceof Refused && error.status === 412) warn();
      else if (error instanceof Refused && error.place === 'value') typed.complain(error.message);
      else complain(trouble, error.message);
    } finally {
      isSaving = false;
      show();
    }
  }

  function format() {
    const wrong = kind.problem(control.value);
    typed.complain(wrong);
    if (!wrong) control.value = json.write(json.parse(control.value), 2);
    show();
  }

  return { element, update, isDirty };
}

function textOf(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : json.write(value);
}
