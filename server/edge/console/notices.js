// Notices about the last action, with a button to undo it if possible.

import { h, refill } from './dom.js';

const SHOWN_FOR = 10_000;

const place = document.getElementById('notices');
let timer;

/** Shows a notice. If `undo` is given, a button calls it. */
export function say(text, undo) {
  clearTimeout(timer);
  const close = h('button', { type: 'button', class: 'plain', onclick: hush }, 'Dismiss');
  const back = undo && h('button', {
    type: 'button',
    class: 'plain',
    onclick: () => {
      hush();
      undo();
    },
  }, 'Undo');
  refill(place, h('p', {}, text), back, close);
  wait();
}

export function hush() {
  clearTimeout(timer);
  refill(place);
}

/** Removes the notice after some time, but not while it is hovered or focused. */
function wait() {
  timer = setTimeout(() => {
    if (place.matches(':hover, :focus-within')) wait();
    else hush();
  }, SHOWN_FOR);
}
