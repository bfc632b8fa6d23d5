// Lists that describe strategies in words.

import { h } from './dom.js';
import { value, whom } from './words.js';

/** Creates a list that describes at most `most` strategies with their values; `null` if there are none. */
export function inWords({ strategies, type }, most = Infinity) {
  const all = strategies ?? [];
  const lines = all.slice(0, most).map((strategy) => h(
    'li', {}, h('span', {}, whom(strategy)), ' ', h('span', { class: 'gives' }, '→ ', h('b', {}, value(strategy?.value, type, 40))),
  ));
  if (lines.length === 0) return null;
  return h('ol', { class: 'words' }, lines, all.length > most && h('li', { class: 'quiet more' }, `and ${all.length - most} more`));
}
