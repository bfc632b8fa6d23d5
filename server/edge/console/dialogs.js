// Dialogs that ask the user for a decision.

import { h } from './dom.js';

/** Asks for confirmation. The promise gives true if the user agrees. */
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

/** Creates a warning that another user changed what is being edited, with a button for each version. */
export function overtaken(now, { mine, theirs }) {
  return h(
    'div', { class: 'remark conflict', role: 'alert' },
    h('p', {}, 'Another user has changed this. Your input is kept. It is now: ', now),
    h('div', { class: 'actions' },
      h('button', { type: 'button', onclick: mine }, 'Save mine anyway'), h('button', { type: 'button', onclick: theirs }, 'Take theirs')),
  );
}
