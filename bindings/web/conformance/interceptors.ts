import type { InterceptedRead, Interceptor, Override } from "fh-client";

import { event } from "adapter-loop";
import type { AdapterClient } from "./clients.ts";
import type { InterceptCommand } from "./protocol.ts";

/** An interceptor of the runner. */
class RunnerInterceptor implements Interceptor {
  readonly name: string;
  readonly #command: InterceptCommand;

  constructor(command: InterceptCommand) {
    this.name = command.interceptor;
    this.#command = command;
  }

  intercept({ key }: InterceptedRead): Override {
    const { feature, value } = this.#command;
    if (feature !== undefined && feature !== null && feature !== key) return undefined;
    if (this.#command.throw === true) throw new Error(`the interceptor ${this.name} throws`);
    return (value ?? undefined) as Override;
  }

  close(): void {
    event("closed", { client: this.#command.client, interceptor: this.name });
  }
}

/** Adds an interceptor. */
export function intercept(client: AdapterClient, command: InterceptCommand): void {
  const locks = command.even_locked === true ? "override" : "respect";
  const subscription = client.sdk.intercept(new RunnerInterceptor(command), locks);
  client.interceptors.add(command.interceptor, subscription);
}
