// Changes as they happen: server-sent events by fetch, since the key travels in a header.

import { send } from './api.js';
import { parse } from './json.js';

/** Heartbeats come every 20 seconds. */
const SILENCE = 50_000;
const LONGEST_PAUSE = 15_000;

/**
 * Follows the events for ever. `onevent(name, data)` gets them; `onstate` hears `live` and `away`.
 */
export function follow(onevent, onstate) {
  const ended = new AbortController();
  run(onevent, onstate, ended.signal);
  return () => ended.abort();
}

async function run(onevent, onstate, ended) {
  let failures = 0;
  while (!ended.aborted) {
    try {
      const refusedFor = await once(onevent, () => {
        failures = 0;
        onstate('live');
      }, ended);
      if (refusedFor !== undefined) failures += 1;
    } catch {
      failures += 1;
    }
    if (ended.aborted) return;
    onstate('away');
    const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** failures);
    await rest(pause * (0.5 + Math.random() / 2), ended);
  }
}

/** One stream, until it ends. Answers the status if there is none. */
async function once(onevent, onopen, ended) {
  const cut = new AbortController();
  const abort = () => cut.abort();
  ended.addEventListener('abort', abort);
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

/** Waits, unless the network comes back or somebody looks at the page. */
function rest(milliseconds, ended) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      for (const [target, name] of sources) target.removeEventListener(name, look);
      resolve();
    };
    const look = () => {
      if (document.visibilityState === 'visible') wake();
    };
    const sources = [[window, 'online'], [document, 'visibilitychange'], [ended, 'abort']];
    const timer = setTimeout(wake, milliseconds);
    for (const [target, name] of sources) target.addEventListener(name, look);
  });
}
