// The details of one feature: value, strategies, lock and retirement.

import { Refused, get, patch } from './api.js';
import { confirmed } from './dialogs.js';
import { complain, h, icon, refill } from './dom.js';
import { say } from './notices.js';
import { address } from './route.js';
import { featureOf, featuresOf, put, store } from './store.js';
import { strategiesEditor } from './strategies.js';
import { switchOf } from './switch.js';
import { valueEditor } from './value.js';
import { sentence } from './words.js';

export function featureView(root, environment, key, { close }) {
  const title = h('h2', { tabindex: '-1' }, key);
  const facts = h('p', { class: 'facts quiet' });
  const locked = h('p', { class: 'remark', hidden: true }, icon('lock'), 'Locked. Unlock the feature to change it.');
  const readOnly = h('p', { class: 'remark', hidden: true });
  const retired = h('p', { class: 'remark', hidden: true }, 'Retired. Clients do not get it.');
  const problems = h('div', { class: 'problems' });
  const gone = h('p', { class: 'remark', role: 'status', hidden: true }, 'This feature no longer exists.');
  const trouble = h('p', { class: 'error', hidden: true });
  const flip = switchOf(environment, () => featureOf(environment.id, key));
  const lock = h('button', { type: 'button', onclick: () => setLock() });
  const retire = h('button', { type: 'button', onclick: () => setRetired() });
  const valuePart = h('div', { class: 'part' });
  const strategiesPart = h('div', { class: 'part' });
  const more = h('dl', { class: 'more' });
  const link = (view, text) => h('a', { href: address(store.environments, view, environment, key) }, text);
  let kind;
  let edited;
  let strategies;

  refill(
    root,
    h('header', {},
      h('button', { type: 'button', class: 'plain close', onclick: close }, icon('close'), h('span', { class: 'wide-only' }, 'Close'), h('span', { class: 'narrow-only' }, 'All features')),
      title, facts),
    gone, readOnly, locked, retired, problems,
    valuePart, strategiesPart,
    h('div', { class: 'actions' }, lock, retire, link('ask', 'Evaluate'), link('rollout', 'Try a rollout')),
    trouble, more,
  );

  /** Sends a change of the given version of the feature. */
  async function save(change, version) {
    try {
      const answer = await patch(environment.id, key, change, version);
      put(environment.id, answer);
      return answer;
    } catch (error) {
      // Another change came first: load the current version.
      if (error instanceof Refused && error.status === 412) {
        put(environment.id, await get(`features/${environment.id}/${encodeURIComponent(key)}`));
      }
      throw error;
    }
  }

  async function plainly(change, said) {
    complain(trouble);
    try {
      await save(change, featureOf(environment.id, key).version);
      say(said);
    } catch (error) {
      const overtaken = error instanceof Refused && error.status === 412;
      complain(trouble, overtaken ? 'Another user has changed this feature. Check it, and try again.' : error.message);
    }
  }

  function setLock() {
    const { locked: is } = featureOf(environment.id, key);
    return plainly({ locked: !is }, `${key} is ${is ? 'unlocked' : 'locked'} in ${environment.name}.`);
  }

  async function setRetired() {
    const { retired: is } = featureOf(environment.id, key);
    if (!is && !(await confirmed(`Retire ${key}?`, `Clients of ${environment.name} will no longer get it, and use their default values. It can be brought back.`, 'Retire'))) return;
    await plainly({ retired: !is }, `${key} is ${is ? 'back' : 'retired'} in ${environment.name}.`);
  }

  function update() {
    const feature = featureOf(environment.id, key);
    gone.hidden = Boolean(feature) || !featuresOf(environment.id);
    for (const part of root.querySelectorAll('.part, .actions')) part.hidden = !feature;
    if (!feature) return;
    if (kind !== feature.type) build(feature);
    refill(facts, feature.type, ' · version ', String(feature.version));
    readOnly.hidden = !store.readOnly;
    refill(readOnly, sentence(store.readOnly ?? ''));
    lock.hidden = Boolean(store.readOnly);
    retire.hidden = Boolean(store.readOnly);
    locked.hidden = !feature.locked;
    retired.hidden = !feature.retired;
    refill(problems, (feature.diagnostics ?? []).map(problem));
    lock.textContent = feature.locked ? 'Unlock' : 'Lock';
    retire.textContent = feature.retired ? 'Bring back' : 'Retire';
    if (kind === 'BOOLEAN') flip.update(feature);
    edited?.update(feature);
    strategies.update(feature);
    describe(feature);
  }

  function build(feature) {
    kind = feature.type;
    const heading = h('h3', {}, 'Value', h('span', { class: 'quiet' }, ' for users that no strategy matches'));
    if (kind === 'BOOLEAN') {
      edited = undefined;
      refill(valuePart, heading, flip.element);
    } else {
      edited = valueEditor(kind, { save, said: (text) => say(`${key} ${text} in ${environment.name}.`) });
      refill(valuePart, heading, edited.element);
    }
    strategies = strategiesEditor(environment, key, { save, said: () => say(`${key} has new strategies in ${environment.name}.`) });
    refill(strategiesPart, strategies.element);
  }

  function describe(feature) {
    const rows = [['Id', feature.id], ['Value id', feature.valueId], ['Filters', feature.filters?.join(', ')]];
    for (const [name, text] of Object.entries(feature.properties ?? {})) rows.push([name, text]);
    refill(more, rows.filter(([, text]) => text).map(([name, text]) => [h('dt', {}, name), h('dd', { class: 'mono' }, text)]));
  }

  update();
  title.focus({ preventScroll: true });
  let isDropped = false;
  return {
    update,
    isBusy: () => !isDropped && Boolean(edited?.isDirty() || strategies?.isDirty()),
    drop() {
      isDropped = true;
    },
  };
}

/** Shows a problem that the engine or the linter found in the feature. */
function problem({ severity, code, place, error }) {
  return h('p', { class: severity === 'error' ? 'remark bad' : 'remark' }, icon('warning'), h('span', { class: 'mono' }, place), ` ${error} `, h('span', { class: 'quiet' }, `[${code}]`));
}
