// Listeners and interceptors.

import { InterceptorValueMatch, type FeatureStateHolder } from "featurehub-javascript-node-sdk";

import { CANNOT } from "./capabilities.ts";
import { clientOf, type Client } from "./client.ts";
import { Misuse, Unsupported, event, type Members } from "./loop.ts";
import { answerOf, valueOf } from "./reads.ts";

export function listen(command: Members): void {
  const client = clientOf(command);
  const { listener, then } = command;
  const call = (members: Members) => called(client, listener, then ?? [], members);
  unlisten(command);
  switch (command.on) {
    case "feature":
      return listenFeature(client, command, (holder) => call(changeOf(holder)));
    case "readiness": {
      const states: Members = { NotReady: "NOT_READY", Ready: "READY", Failed: "FAILED" };
      const handle = client.config.addReadinessListener((state) => call({ readiness: states[state] }));
      client.listeners.set(listener, () => client.config.removeReadinessListener(handle));
      return;
    }
    case "new_state": {
      const { repository } = client;
      const handle = repository.addPostLoadNewFeatureStateAvailableListener(() => call({ held: repository.catchAndReleaseMode }));
      client.listeners.set(listener, () => repository.removePostLoadNewFeatureStateAvailableListener(handle));
      return;
    }
    case "raw":
      throw new Unsupported(CANNOT["listen.raw"]);
    case "usage":
      throw new Unsupported(CANNOT.usage);
    default:
      throw new Misuse(`there are no listeners on ${JSON.stringify(command.on)}`);
  }
}

export function unlisten(command: Members): void {
  const { listeners } = clientOf(command);
  listeners.get(command.listener)?.();
  listeners.delete(command.listener);
}

function listenFeature(client: Client, command: Members, call: (holder: FeatureStateHolder) => void): void {
  const holder = (client.readContext(command.context) ?? client.repository).feature(command.feature);
  const handle = holder.addListener(call);
  client.listeners.set(command.listener, () => holder.removeListener(handle));
}

function changeOf(holder: FeatureStateHolder): Members {
  return {
    feature: holder.key,
    value: valueOf(holder),
    exists: holder.exists,
    locked: holder.locked,
    version: holder.version,
  };
}

/** Reports the call of a listener and performs its actions. The reads come first, because the event reports them. */
function called(client: Client, listener: string, then: Members[], members: Members): void {
  const reads: Members = {};
  for (const action of then.filter((action) => action.do === "read")) {
    reads[action.feature] = answerOf(client.repository, undefined, action).value;
  }
  event("called", { client: client.name, listener, t_ms: performance.now(), ...members, reads });
  for (const action of then) perform(client, listener, action);
}

function perform(client: Client, listener: string, action: Members): void {
  switch (action.do) {
    case "throw":
      throw new Error(`the listener ${listener} throws`);
    case "sleep":
      block(action.ms);
      break;
    case "listen":
      listen({ client: client.name, listener: action.listener, on: "feature", feature: action.feature });
      break;
    case "unlisten":
      unlisten({ client: client.name, listener: action.listener });
      break;
    case "close":
      client.config.close();
      break;
    case "evaluate":
      answerOf(client.repository, client.readContext(action.context), action);
      break;
  }
}

/** Blocks the thread. A listener is a function without promises, and the thread of a page cannot sleep. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

export function intercept(command: Members): void {
  if (command.even_locked) throw new Unsupported(CANNOT["interceptors.locked"]);
  clientOf(command).config.addValueInterceptor({
    repository() {},
    matched(key) {
      if (command.feature != null && command.feature !== key) return new InterceptorValueMatch(undefined);
      if (command.throw) throw new Error(`the interceptor ${command.interceptor} throws`);
      return new InterceptorValueMatch(command.value == null ? undefined : String(command.value));
    },
  });
}
