// Switching a BOOLEAN feature on and off.

import { Refused, patch } from './api.js';
import { h } from './dom.js';
import { say } from './notices.js';
import { featureOf, isFixed, put, store } from './store.js';
import { sentence, value } from './words.js';

/** Creates a switch for a BOOLEAN feature. */
export function switchOf(environment, current) {
  const knob = h('span', { class: 'knob' });
  const word = h('span', { class: 'word' });
  const element = h('button', { type: 'button', role: 'switch', class: 'switch', onclick: () => flip() }, knob, word);

  async function flip(to) {
    const feature = current();
    if (element.getAttribute('aria-disabled') === 'true' || isFixed(feature)) return;
    const wanted = to ?? feature.value !== true;
    element.setAttribute('aria-busy', 'true');
    try {
      const answer = await patch(environment.id, feature.key, { value: wanted }, feature.version);
      put(environment.id, answer);
      say(`${feature.key} is ${wanted ? 'on' : 'off'} in ${environment.name}.`, () => flip(!wanted));
    } catch (error) {
      const overtaken = error instanceof Refused && error.status === 412;
      say(overtaken ? `${feature.key} was changed by another user. The current value is shown.` : `${feature.key} was not changed: ${error.message}`);
    } finally {
      element.removeAttribute('aria-busy');
      const now = featureOf(environment.id, feature.key);
      if (now) update(now);
    }
  }

  function update(feature) {
    element.setAttribute('aria-checked', String(feature.value === true));
    element.setAttribute('aria-label', feature.key);
    element.setAttribute('aria-disabled', String(isFixed(feature)));
    element.title = store.readOnly ? sentence(store.readOnly) : feature.locked ? 'Locked: unlock it to change it' : '';
    word.textContent = value(feature.value, 'BOOLEAN');
  }

  return { element, update };
}
