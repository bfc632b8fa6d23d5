// A form for a context: attributes with their values.

import { fresh, h, icon, refill } from './dom.js';
import { featuresOf } from './store.js';
import { attributesOf } from './words.js';

const USUAL = ['userkey', 'session', 'country', 'device', 'platform', 'version'];

/** Creates the form. It begins with the attributes of `start`, and calls `changed` after every input. */
export function contextForm(environment, start, changed) {
  const names = h('datalist', { id: fresh('attributes') });
  const rows = h('div', { class: 'context-rows' });
  const more = h('button', { type: 'button', class: 'plain', onclick: () => {
    add('', '');
    rows.lastChild.querySelector('input').focus();
  } }, 'Add an attribute');
  const element = h('fieldset', { class: 'context' }, h('legend', {}, 'Context', h('span', {}, ': several values are separated by commas')), names, rows, more);

  function add(name, value) {
    const id = fresh('attribute');
    const attribute = h('input', { type: 'text', class: 'name', list: names.id, autocomplete: 'off', spellcheck: 'false', placeholder: 'attribute', 'aria-label': 'Attribute', '.value': name, oninput: changed });
    const given = h('input', { type: 'text', class: 'given', id, autocomplete: 'off', spellcheck: 'false', placeholder: 'value', 'aria-label': 'Value', '.value': value, oninput: changed });
    const row = h('div', { class: 'context-row' }, attribute, given, h('button', { type: 'button', class: 'plain', 'aria-label': 'Remove this attribute', onclick: () => {
      row.remove();
      changed();
      more.focus();
    } }, icon('close')));
    rows.append(row);
  }

  /** Returns the attributes that are filled in. Commas separate several values. */
  function read() {
    const context = {};
    for (const row of rows.children) {
      const [attribute, given] = row.querySelectorAll('input');
      const name = attribute.value.trim();
      const values = given.value.split(',').map((value) => value.trim()).filter((value) => value !== '');
      if (name && values.length > 0) context[name] = values.length === 1 ? values[0] : values;
    }
    return context;
  }

  function suggest() {
    const known = new Set(USUAL);
    for (const feature of featuresOf(environment.id)?.values() ?? []) for (const name of attributesOf(feature.strategies)) known.add(name);
    refill(names, [...known].map((name) => h('option', { value: name })));
  }

  for (const [name, value] of start) add(name, value);
  suggest();
  return { element, read, suggest, namesId: names.id };
}
