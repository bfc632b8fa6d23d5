// The clients view: the open streams.

import { get } from './api.js';
import { complain, h, refill } from './dom.js';

/** Milliseconds between two requests. The server does not report that a stream opens or closes. */
const EVERY = 3000;

export function clientsView(main, environment) {
  const counted = h('p', { class: 'quiet', role: 'status' });
  const body = h('tbody');
  const table = h(
    'table', { class: 'plain-table' },
    h('thead', {}, h('tr', {}, ['SDK', 'Account', 'Evaluated by', 'Context', 'Connected'].map((title) => h('th', { scope: 'col' }, title)))), body,
  );
  const trouble = h('p', { class: 'error', hidden: true });
  const ended = new AbortController();
  let timer;

  refill(main, h('section', { class: 'one' }, h('h2', {}, 'Connected clients'), counted, trouble, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Connected clients' }, table)));

  async function look() {
    try {
      const { connections, server } = await get(`connections?environment=${environment.id}`, ended.signal);
      complain(trouble);
      show(connections, server);
    } catch (error) {
      if (ended.signal.aborted) return;
      complain(trouble, error.message);
    }
    if (!ended.signal.aborted) timer = setTimeout(look, EVERY);
  }

  function show(connections, server) {
    const count = connections.length;
    table.hidden = count === 0;
    const here = server === undefined ? '' : ` to ${server}`;
    counted.textContent = count === 0
      ? `No client is connected${here} by a stream.`
      : `${count === 500 ? 'The oldest 500' : count} open ${count === 1 ? 'stream' : 'streams'}${here}`;
    refill(body, connections.map(({ sdk, account, evaluated, attributes, since }) => h(
      'tr', {},
      h('td', { class: 'mono' }, sdk ?? 'unknown'), h('td', {}, account), h('td', {}, evaluated === 'client' ? 'itself' : 'the server'),
      h('td', {}, attributes === 0 ? 'none' : `${attributes} ${attributes === 1 ? 'attribute' : 'attributes'}`),
      h('td', {}, h('time', { datetime: since, title: since }, ago(since))),
    )));
  }

  look();
  return {
    turn() {},
    hear() {},
    end() {
      clearTimeout(timer);
      ended.abort();
    },
  };
}

function ago(since) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
