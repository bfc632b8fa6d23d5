// Questions to whoever changes something.

import { h } from './dom.js';

/** Asks before something that is felt elsewhere. */
export function confirmed(question, text, yes) {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog', { class: 'ask', 'aria-labelledby': 'question', onclose: () => {
        dialog.remove();
        resolve(dialog.returnValue === 'yes');
      } },
      h('h2', { id: 'question' }, question), h('p', {}, text),
      h('form', { method: 'dialog', class: 'actions' },
        h('button', { value: 'no', autofocus: true }, 'Cancel'), h('button', { value: 'yes', class: 'main' }, yes)),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** That somebody else changed what is being edited, with both ways out. */
export function overtaken(now, { mine, theirs }) {
  return h(
    'div', { class: 'remark conflict', role: 'alert' },
    h('p', {}, 'Somebody changed this meanwhile. What you typed is kept. It is now: ', now),
    h('div', { class: 'actions' },
      h('button', { type: 'button', onclick: mine }, 'Save mine anyway'), h('button', { type: 'button', onclick: theirs }, 'Take theirs')),
  );
}
