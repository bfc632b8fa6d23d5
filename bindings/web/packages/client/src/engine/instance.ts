import { Contexts, KEYS } from "./contexts.ts";
import type { EngineModule } from "./module.ts";

/** The name of a ruleset in one instance: its handle, and the count of instances before it. */
interface RulesetName {
  readonly handle: number;
  readonly epoch: number;
}

/**
 * The instance of an engine's module. All clients of a realm share it, because its JavaScript holds one instance only. A trap leaves
 * an instance unusable, and a fresh one then replaces it. Rulesets notice this by {@link Instance.epoch} and are compiled again.
 */
export class Instance {
  /** The functions of the module's JavaScript. */
  readonly module: EngineModule;
  #epoch = 0;
  #isFresh = true;
  /** The names of the attributes that features read, by the positions of their bits. A fresh instance keeps them, because features do. */
  readonly names: string[] = [...KEYS];
  #contexts: Contexts;
  readonly #unreachable: FinalizationRegistry<RulesetName>;

  private constructor(module: EngineModule) {
    this.module = module;
    this.#contexts = new Contexts(module, this.names);
    this.#unreachable = new FinalizationRegistry(({ handle, epoch }) => {
      this.free(handle, epoch);
    });
  }

  /** Returns the instance of a module, which must be initialised. */
  static of(module: EngineModule): Instance {
    let instance = instances.get(module);
    if (instance === undefined) {
      instance = new Instance(module);
      instances.set(module, instance);
    }
    return instance;
  }

  /** The number of instances that were replaced. Handles of an earlier epoch do not exist any more. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The handles of contexts in this instance. */
  get contexts(): Contexts {
    return this.#contexts;
  }

  /** Frees a ruleset when an object is unreachable. {@link Instance.free} may free it earlier. */
  freeWith(owner: object, handle: number): void {
    this.#unreachable.register(owner, { handle, epoch: this.#epoch }, owner);
  }

  /** No longer frees anything when this object is unreachable. */
  keep(owner: object): void {
    this.#unreachable.unregister(owner);
  }

  /** Frees a ruleset. Does nothing if a fresh instance has replaced that of the ruleset. */
  free(handle: number, epoch: number): void {
    if (epoch === this.#epoch) this.module.free_ruleset(handle);
  }

  /** Replaces the instance after a trap. If there is no memory for a fresh one, {@link Instance.isUsable} tries again. */
  replace(): void {
    this.#epoch += 1;
    this.#contexts = new Contexts(this.module, this.names);
    this.#reset();
  }

  /** True unless the instance has trapped and no fresh one could be made. */
  get isUsable(): boolean {
    return this.#isFresh || this.#reset();
  }

  #reset(): boolean {
    try {
      this.module.__wbg_reset_state();
      this.#isFresh = true;
    } catch {
      this.#isFresh = false;
    }
    return this.#isFresh;
  }
}

const instances = new WeakMap<EngineModule, Instance>();
