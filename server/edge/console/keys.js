// The keys view: accounts and their API keys, shown on request.

import { get } from './api.js';
import { complain, h, refill } from './dom.js';
import { say } from './notices.js';

export function keysView(main, environment) {
  const place = h('div');
  const trouble = h('p', { class: 'error', hidden: true });
  const ask = h('button', { type: 'button', onclick: show }, 'Show the keys');
  refill(main, h(
    'section', { class: 'one' }, h('h2', {}, 'API keys'),
    h('p', { class: 'quiet' }, `The accounts of ${environment.name}. Their keys are secrets: a key gives all permissions of its account.`),
    h('div', { class: 'actions' }, ask), trouble, place,
  ));

  async function show() {
    try {
      const { accounts } = await get('keys');
      complain(trouble);
      ask.hidden = true;
      const here = accounts.map((account) => ({ ...account, access: account.environments.find((each) => each.id === environment.id) })).filter((account) => account.access);
      refill(place, here.length ? here.map(accountPart) : h('p', { class: 'empty' }, 'No account has permissions in this environment.'));
      place.querySelector('button')?.focus();
    } catch (error) {
      complain(trouble, error.message);
    }
  }

  return { turn() {}, hear() {} };
}

function accountPart({ name, filters, access }) {
  return h(
    'section', { class: 'account' },
    h('h3', {}, name, h('span', { class: 'quiet' }, ` ${access.permissions.join(', ').toLowerCase().replaceAll('_', ' ')}${filters ? `, only features with ${filters.join(' or ')}` : ''}`)),
    h('dl', {}, access.clientKeys.map((key) => keyRow('Client', key)), access.serverKeys.map((key) => keyRow('Server', key))),
  );
}

function keyRow(kind, key) {
  const copy = h('button', { type: 'button', class: 'plain', 'aria-label': `Copy the ${kind.toLowerCase()} key`, onclick: async () => {
    try {
      await navigator.clipboard.writeText(key);
      say('The key is in the clipboard.');
    } catch {
      say('The browser does not allow this page to copy. Select the key and copy it.');
    }
  } }, 'Copy');
  return [h('dt', {}, kind), h('dd', {}, h('code', {}, key), copy)];
}
