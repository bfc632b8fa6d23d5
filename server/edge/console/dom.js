// Creates elements. Data from outside becomes text nodes, attributes and properties, never markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Creates an element: attributes by name, listeners by `onname`, properties by `.name`. Children are nodes, texts, or lists of them.
 * `false`, `null` and `undefined` leave out an attribute or a child.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Creates an SVG element in the same way. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.startsWith('.')) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces the children of an element. */
export function refill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

const ICONS = {
  lock: 'M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z',
  close: 'M4 4l8 8M12 4l-8 8',
  back: 'M10 3L5 8l5 5',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5v3.5M8 11.6v.4',
};

/** Creates an icon that is shown beside a text with the same meaning. */
export function icon(name) {
  const path = svg('path', { d: ICONS[name] });
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, path);
}

let numbered = 0;

/** Returns an id that is unique on the page. */
export function fresh(prefix) {
  numbered += 1;
  return `${prefix}-${numbered}`;
}

/** Creates a label with its control, an optional hint, and a place for an error. */
export function field(label, control, { hint, wide } = {}) {
  const id = fresh('field');
  control.id = id;
  const error = h('p', { class: 'error', id: `${id}-error`, hidden: true });
  const described = [`${id}-error`];
  if (hint) described.push(`${id}-hint`);
  control.setAttribute('aria-describedby', described.join(' '));
  const root = h(
    'div', { class: wide ? 'field wide' : 'field' },
    h('label', { for: id }, label), control, hint && h('p', { class: 'hint', id: `${id}-hint` }, hint), error,
  );
  return { root, control, complain: (text) => complain(error, text, control) };
}

/** Shows an error in its place. Removes the error if there is no text. */
export function complain(element, text, control) {
  element.hidden = !text;
  element.textContent = text ?? '';
  if (text) element.setAttribute('role', 'alert');
  else element.removeAttribute('role');
  control?.setAttribute('aria-invalid', text ? 'true' : 'false');
}
