// What just happened, said politely in a corner, with a way back where there is one.

import { h, refill } from './dom.js';

const SHOWN_FOR = 10_000;

const place = document.getElementById('notices');
let timer;

/** Says something. `undo` is offered as a button. */
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

/** Nothing goes away under somebody's hands. */
function wait() {
  timer = setTimeout(() => {
    if (place.matches(':hover, :focus-within')) wait();
    else hush();
  }, SHOWN_FOR);
}
