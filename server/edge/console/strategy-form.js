// One strategy as a form. Members that the form does not know stay unchanged.

import { complain, field, fresh, h, icon, refill } from './dom.js';
import * as json from './json.js';
import { CONDITIONALS, TYPES, share } from './words.js';

const PERCENT = /^\d{1,3}([.,]\d{1,4})?$/;
const SIGNS = Object.fromEntries(Object.entries(CONDITIONALS).map(([name, { label }]) => [name, label]));
const NAMES = ['userkey', 'session', 'country', 'device', 'platform', 'version', 'now'];

/** Creates a form that writes into `strategy`. */
export function strategyForm(strategy, place, type, { changed, remove, up, down }) {
  const isReadable = strategy !== null && typeof strategy === 'object' && !Array.isArray(strategy);
  const summary = h('span');
  const legend = h('legend', {}, `${place + 1}. `, summary);
  const trouble = h('p', { class: 'error', hidden: true });
  const names = fresh('names');
  const checks = [];
  const element = h('fieldset', { class: 'strategy' }, legend);
  const buttons = h(
    'div', { class: 'actions' },
    up && h('button', { type: 'button', class: 'plain', onclick: up, 'aria-label': `Move strategy ${place + 1} up` }, icon('up'), 'Up'),
    down && h('button', { type: 'button', class: 'plain', onclick: down, 'aria-label': `Move strategy ${place + 1} down` }, icon('down'), 'Down'),
    h('button', { type: 'button', class: 'plain', onclick: remove, 'aria-label': `Remove strategy ${place + 1}` }, 'Remove'),
  );
  const describe = (...words) => refill(summary, words);
  if (!isReadable) {
    refill(element, legend, h('p', { class: 'error' }, 'This is not a strategy. Remove it, or edit it as JSON.'), buttons);
    return { element, describe, check: () => true, complain: (text) => complain(trouble, text), focus: () => buttons.lastChild.focus() };
  }

  const percentage = percentageField(strategy, changed, checks);
  const by = byField(strategy, changed);
  const value = valueField(strategy, type, changed, checks);
  const rules = h('div', { class: 'rules' });

  function buildRules() {
    const list = Array.isArray(strategy.attributes) ? strategy.attributes : [];
    refill(rules, list.map((rule, at) => ruleRow(rule, at, names, changed, () => {
      list.splice(at, 1);
      if (list.length === 0) delete strategy.attributes;
      buildRules();
      changed();
      more.focus();
    })));
  }

  const more = h('button', { type: 'button', class: 'plain', onclick: () => {
    if (!Array.isArray(strategy.attributes)) strategy.attributes = [];
    strategy.attributes.push({ fieldName: '', type: 'STRING', conditional: 'EQUALS', values: [] });
    buildRules();
    changed();
    rules.lastChild.querySelector('input').focus();
  } }, 'Add a rule');

  buildRules();
  refill(
    element, legend, h('datalist', { id: names }, NAMES.map((name) => h('option', { value: name }))),
    h('div', { class: 'fields' }, percentage.root, by.root, value.root), rules, trouble, h('div', { class: 'actions' }, more, ...buttons.childNodes),
  );

  return {
    element,
    describe,
    check: () => checks.every((check) => check()),
    complain: (text, path) => {
      complain(trouble, `${path.replace(/^strategies\[\d+\]\.?/, '').replace(/attributes\[(\d+)\]/, (_, rule) => `rule ${Number(rule) + 1}`)}: ${text}`);
      element.scrollIntoView({ block: 'nearest' });
    },
    focus: () => percentage.control.focus(),
  };
}

function percentageField(strategy, changed, checks) {
  const millionths = share(strategy);
  const control = h('input', {
    type: 'text', inputmode: 'decimal', size: 6, placeholder: 'all', autocomplete: 'off',
    '.value': millionths === undefined ? '' : String(Number((millionths / 10_000).toFixed(4))),
    oninput: read,
  });
  const shown = field('Percentage', control);

  function read() {
    const text = control.value.replace('%', '').trim();
    const number = Number(text.replace(',', '.'));
    const isGood = text === '' || (PERCENT.test(text) && number <= 100);
    shown.complain(isGood ? undefined : 'A percentage is 0 to 100, with four decimals at most.');
    if (!isGood) return false;
    const rounded = Math.round(number * 10_000);
    if (text === '') delete strategy.percentage;
    else strategy.percentage = rounded;
    // The engine treats 0 as no percentage. With rules, the strategy then applies to all users that match them.
    if (text !== '' && rounded === 0) {
      shown.complain(strategy.attributes?.length ? '0 % counts as no percentage: all users that match the rules would get this.' : '0 % matches no users: remove the strategy instead.');
      return false;
    }
    changed();
    return true;
  }

  checks.push(() => {
    const isGood = read();
    if (!isGood) control.focus();
    return isGood;
  });
  return shown;
}

function byField(strategy, changed) {
  const given = Array.isArray(strategy.percentageAttributes) ? strategy.percentageAttributes : [];
  const control = h('input', { type: 'text', placeholder: 'userkey', autocomplete: 'off', '.value': given.join(', '), oninput: () => {
    const names = control.value.split(',').map((name) => name.trim()).filter(Boolean);
    if (names.length > 0) strategy.percentageAttributes = names;
    else delete strategy.percentageAttributes;
    changed();
  } });
  return field('of users by', control);
}

function valueField(strategy, type, changed, checks) {
  if (type === 'BOOLEAN') {
    const control = h('select', { onchange: () => {
      strategy.value = control.value === 'true';
      changed();
    } }, h('option', { value: 'true' }, 'on'), h('option', { value: 'false' }, 'off'));
    control.value = String(strategy.value === true);
    return field('get', control);
  }
  const text = strategy.value === null || strategy.value === undefined ? '' : typeof strategy.value === 'string' ? strategy.value : json.write(strategy.value);
  const control = type === 'JSON'
    ? h('textarea', { rows: 2, class: 'mono', spellcheck: 'false', oninput: read }, text)
    : h('input', { type: 'text', autocomplete: 'off', '.value': text, oninput: read, inputmode: type === 'NUMBER' ? 'decimal' : false });
  const shown = field('get', control, { wide: type === 'JSON' });

  function read() {
    if (type === 'NUMBER') {
      const wrong = json.problem(control.value);
      const number = wrong ? undefined : json.parse(control.value);
      shown.complain(json.isNumber(number) ? undefined : 'This is not a number, such as 12.50.');
      if (!json.isNumber(number)) return false;
      strategy.value = number;
    } else if (type === 'JSON') {
      const wrong = json.problem(control.value);
      shown.complain(wrong);
      if (wrong) return false;
      strategy.value = control.value;
    } else {
      strategy.value = control.value;
    }
    changed();
    return true;
  }

  checks.push(() => {
    // A value that was not edited stays as it was.
    if (control.value === text && text !== '') return true;
    const isGood = read();
    if (!isGood) control.focus();
    return isGood;
  });
  return shown;
}

/** Creates the line of one rule: attribute, type, condition, values. */
function ruleRow(rule, at, names, changed, remove) {
  if (rule === null || typeof rule !== 'object') return h('p', { class: 'error' }, 'This is not a rule. Edit it as JSON.');
  const named = (text) => ({ 'aria-label': `${text} of rule ${at + 1}` });
  const attribute = h('input', { ...named('Attribute'), type: 'text', list: names, autocomplete: 'off', placeholder: 'attribute', '.value': text(rule.fieldName), oninput: () => {
    rule.fieldName = attribute.value.trim();
    changed();
  } });
  const type = choice(named('Type'), TYPES, rule.type, (given) => {
    rule.type = given;
    readValues();
  });
  const conditional = choice(named('Condition'), SIGNS, rule.conditional, (given) => {
    rule.conditional = given;
    values.placeholder = example(given);
    changed();
  });
  const values = h('input', { ...named('Values'), type: 'text', autocomplete: 'off', placeholder: example(rule.conditional), '.value': written(rule.values), oninput: readValues });

  function readValues() {
    rule.values = read(values.value, rule.type);
    changed();
  }

  return h(
    'div', { class: 'rule', role: 'group', 'aria-label': `Rule ${at + 1}` },
    h('span', { class: 'quiet' }, at === 0 ? 'if' : 'and'), attribute, type, conditional, values,
    h('button', { type: 'button', class: 'plain', onclick: remove, 'aria-label': `Remove rule ${at + 1}` }, icon('close')),
  );
}

/** Returns the text of an empty field for the values of a rule. */
function example(conditional) {
  return conditional === 'REGEX' ? String.raw`such as ^(?!.*@corp\.example$)` : 'value, value, …';
}

function choice(attributes, shown, given, take) {
  const all = Object.keys(shown);
  const known = all.includes(given) ? all : [given, ...all];
  const select = h('select', { ...attributes, onchange: () => take(select.value) }, known.map((each) => h('option', { value: each ?? '' }, shown[each] ?? text(each))));
  select.value = given ?? '';
  return select;
}

function text(value) {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : json.write(value);
}

/** Writes values for an input field: separated by commas, or as a JSON list if that would be ambiguous. */
function written(values) {
  const list = Array.isArray(values) ? values : [];
  const plain = list.every((value) => typeof value !== 'string' || (value !== '' && value === value.trim() && !/[,[\]]/.test(value)));
  return plain ? list.map(text).join(', ') : json.write(list);
}

function read(typed, type) {
  if (typed.trim().startsWith('[') && !json.problem(typed)) return json.parse(typed);
  const parts = typed.split(',').map((part) => part.trim()).filter((part) => part !== '');
  return parts.map((part) => {
    const isPlain = type === 'NUMBER' ? /^-?\d/.test(part) : type === 'BOOLEAN' && /^(true|false)$/.test(part);
    return isPlain && !json.problem(part) ? json.parse(part) : part;
  });
}
