// Follows changes with server-sent events over `fetch`, because `EventSource` cannot send the key in a header.

import { send } from './api.js';
import { parse } from './json.js';

/** Milliseconds without data after which a stream is given up. Heartbeats come at least every 20 seconds. */
const SILENCE = 50_000;
const LONGEST_PAUSE = 15_000;

/**
 * Follows the events while the page is visible: browsers open at most six connections to a server, and a tab in the background would
 * keep one. Calls `onevent(name, data)` for each event, and `onstate` with `live` or `away`. Returns a function that ends it.
 */
export function follow(onevent, onstate) {
  const ended = new AbortController();
  run(onevent, onstate, ended.signal);
  return () => ended.abort();
}

async function run(onevent, onstate, ended) {
  let failures = 0;
  for (;;) {
    await looked(ended);
    if (ended.aborted) return;
    let last;
    let events = 0;
    try {
      const refusedFor = await once((name, data) => {
        last = name;
        events += 1;
        onevent(name, data);
      }, () => {
        failures = 0;
        onstate('live');
      }, ended);
      if (refusedFor !== undefined) failures += 1;
    } catch {
      failures += 1;
    }
    if (ended.aborted) return;
    if (isHidden()) continue;
    // A stream that has reached its age ends with `bye`, and the next one follows at once. A server that stops sends only `bye`.
    if (last === 'bye' && events > 1) continue;
    onstate('away');
    const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** failures);
    await rest(pause * (0.5 + Math.random() / 2), ended);
  }
}

/** Reads one stream until it ends. Returns the status if the server refuses the stream. */
async function once(onevent, onopen, ended) {
  const cut = new AbortController();
  const abort = () => cut.abort();
  const left = () => {
    if (isHidden()) abort();
  };
  ended.addEventListener('abort', abort);
  document.addEventListener('visibilitychange', left);
  let watch;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(abort, SILENCE);
  };
  try {
    alive();
    const response = await send('events', { signal: cut.signal });
    if (response.status === 401) dispatchEvent(new CustomEvent('signed-out'));
    if (!response.ok) return response.status;
    onopen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      alive();
      text += value;
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) take(event, onevent);
    }
  } finally {
    clearTimeout(watch);
    ended.removeEventListener('abort', abort);
    document.removeEventListener('visibilitychange', left);
    cut.abort();
  }
}

function take(event, onevent) {
  let name = 'message';
  let data = '';
  for (const line of event.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (data) onevent(name, parse(data));
}

function isHidden() {
  return document.visibilityState === 'hidden';
}

/** Waits until the page is visible. */
async function looked(ended) {
  while (isHidden() && !ended.aborted) await anyOf([[document, 'visibilitychange'], [ended, 'abort']]);
}

/** Waits for the given time, or until the network comes back or the visibility of the page changes. */
function rest(milliseconds, ended) {
  return anyOf([[window, 'online'], [document, 'visibilitychange'], [ended, 'abort']], milliseconds);
}

/** Waits for the first of these events, at most for the given time. */
function anyOf(sources, milliseconds) {
  return new Promise((resolve) => {
    const timer = milliseconds === undefined ? undefined : setTimeout(wake, milliseconds);
    function wake() {
      clearTimeout(timer);
      for (const [target, name] of sources) target.removeEventListener(name, wake);
      resolve();
    }
    for (const [target, name] of sources) target.addEventListener(name, wake);
  });
}
