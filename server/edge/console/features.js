// The list of features, with the selected one beside it.

import { h, icon, refill } from './dom.js';
import { featuresOf, store } from './store.js';
import { address, go } from './route.js';
import { featureView } from './feature.js';
import { inWords } from './in-words.js';
import { switchOf } from './switch.js';
import { value } from './words.js';

/** The number of strategies of a feature that the list describes. */
const SHOWN = 2;

export function featuresView(main, environment, chosen) {
  const rows = new Map();
  const search = h('input', { type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter features by name', oninput: filter });
  const counted = h('span', { class: 'quiet', role: 'status' });
  const body = h('tbody');
  const empty = h('p', { class: 'empty', hidden: true });
  const list = h(
    'section', { class: 'list', 'aria-label': 'Features' },
    h('div', { class: 'tools' }, search, counted),
    h(
      'table', { class: 'features' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Feature'), h('th', { scope: 'col' }, 'Value'), h('th', { scope: 'col', class: 'who' }, 'Strategies'))),
      body,
    ),
    empty,
  );
  const beside = h('section', { class: 'detail', 'aria-label': 'The selected feature', hidden: true });
  const root = h('div', { class: 'features-view' }, list, beside);
  refill(main, root);
  let detail;

  function hrefOf(key) {
    return address(store.environments, 'features', environment, key);
  }

  /** Updates the rows from the store. */
  function sync() {
    const features = featuresOf(environment.id);
    for (const [key, row] of rows) {
      if (features?.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    let before = null;
    for (const feature of features?.values() ?? []) {
      let row = rows.get(feature.key);
      if (!row) {
        row = featureRow(environment, hrefOf(feature.key));
        rows.set(feature.key, row);
      }
      row.update(feature);
      const place = before ? before.nextSibling : body.firstChild;
      if (row.element !== place) body.insertBefore(row.element, place);
      before = row.element;
    }
    filter();
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase();
    let seen = 0;
    for (const [key, row] of rows) {
      row.element.hidden = !key.toLowerCase().includes(wanted);
      if (!row.element.hidden) seen += 1;
    }
    counted.textContent = wanted ? `${seen} of ${rows.size}` : `${rows.size} ${rows.size === 1 ? 'feature' : 'features'}`;
    empty.hidden = seen > 0;
    empty.textContent = !featuresOf(environment.id) ? 'Loading…' : wanted ? 'No feature has a matching name.' : 'This environment has no features.';
  }

  function turn(key) {
    const before = detail?.key;
    if (before === key) return;
    detail = undefined;
    for (const [each, row] of rows) row.choose(each === key);
    root.classList.toggle('chosen', key !== undefined);
    beside.hidden = key === undefined;
    refill(beside);
    if (key !== undefined) {
      detail = { key, ...featureView(beside, environment, key, { close: () => go(hrefOf()) }) };
    } else if (before) {
      rows.get(before)?.focus();
    }
  }

  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && detail && !detail.isBusy()) go(hrefOf());
  });

  sync();
  turn(chosen);
  if (chosen !== undefined) rows.get(chosen)?.choose(true);

  return {
    turn,
    hear({ environment: changed, keys }) {
      if (changed !== environment.id) return;
      const first = rows.size === 0;
      sync();
      if (detail) rows.get(detail.key)?.choose(true);
      if (!first) for (const key of keys) rows.get(key)?.flash();
      if (detail && keys.has(detail.key)) detail.update();
    },
    isBusy: () => Boolean(detail?.isBusy()),
    /** Gives up unsaved input. */
    drop() {
      detail?.drop();
    },
  };
}

/** Creates the row of one feature. */
function featureRow(environment, href) {
  const link = h('a', { href });
  const tags = h('span', { class: 'tags' });
  const shown = h('td', { class: 'value' });
  const who = h('td', { class: 'who' });
  const element = h('tr', {}, h('th', { scope: 'row' }, link, tags), shown, who);
  const flip = switchOf(environment, () => feature);
  let feature;
  let seen;

  return {
    element,
    focus: () => link.focus(),
    choose(is) {
      element.classList.toggle('chosen', is);
      if (is) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    },
    update(now) {
      feature = now;
      if (seen === now) return;
      seen = now;
      link.textContent = now.key;
      element.classList.toggle('retired', now.retired);
      refill(
        tags,
        now.locked && h('span', { class: 'tag' }, icon('lock'), 'locked'),
        now.retired && h('span', { class: 'tag' }, 'retired'),
        isUnreadable(now) && h('span', { class: 'tag bad' }, icon('warning'), 'unreadable rule'),
        !isUnreadable(now) && now.diagnostics && h('span', { class: 'tag' }, icon('warning'), 'probable mistake'),
      );
      if (now.type === 'BOOLEAN') {
        if (!shown.contains(flip.element)) refill(shown, flip.element);
        flip.update(now);
      } else {
        refill(shown, h('span', { class: now.value === null ? 'quiet' : 'mono' }, value(now.value, now.type)));
      }
      refill(who, inWords(now, SHOWN));
    },
    flash() {
      element.classList.remove('flash');
      // Reading the size makes the browser restart the animation.
      void element.offsetWidth;
      element.classList.add('flash');
    },
  };
}

/** Returns true if the engine cannot read a part of the feature. */
function isUnreadable({ diagnostics }) {
  return Boolean(diagnostics?.some(({ severity }) => severity === 'error'));
}
