// The form that asks for the admin key.

import { Refused, signIn } from './api.js';
import { field, h, refill } from './dom.js';

/** Shows the form, with a reason if there is one. Calls `done` when the server has accepted the key. */
export function signInView(main, why, done) {
  const key = field('Admin key', h('input', {
    type: 'password', name: 'key', autocomplete: 'current-password', required: true, spellcheck: 'false', autocapitalize: 'none',
  }), { hint: 'Stored only in this tab, until it is closed.' });
  const button = h('button', { type: 'submit', class: 'main' }, 'Sign in');
  const form = h(
    'form', { class: 'sign-in', onsubmit: submit },
    h('h1', {}, 'Feature console'), why && h('p', { class: 'remark', role: 'alert' }, why), // For the browser's password manager.
    h('input', { type: 'text', name: 'username', autocomplete: 'username', '.value': 'admin', hidden: true }), key.root, button,
  );

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    key.complain();
    try {
      await signIn(key.control.value.trim());
      done();
    } catch (error) {
      const wrong = error instanceof Refused && error.status === 401;
      key.complain(wrong ? 'This is not the admin key.' : sentence(error.message));
      key.control.select();
      button.disabled = false;
      key.control.focus();
    }
  }

  refill(main, form);
  key.control.focus();
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first.endsWith('.') ? first : `${first}.`;
}
