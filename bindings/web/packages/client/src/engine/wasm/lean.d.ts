// The JavaScript of the lean engine, which `cargo xtask web engines` writes beside this file.
import type { EngineModule } from "../module.ts";

export declare const initSync: EngineModule["initSync"];
export declare const __wbg_reset_state: EngineModule["__wbg_reset_state"];
export declare const add: EngineModule["add"];
export declare const compile: EngineModule["compile"];
export declare const missing: EngineModule["missing"];
export declare const keys: EngineModule["keys"];
export declare const results: EngineModule["results"];
export declare const result_texts: EngineModule["result_texts"];
export declare const free_ruleset: EngineModule["free_ruleset"];
export declare const clear_context: EngineModule["clear_context"];
export declare const add_attribute: EngineModule["add_attribute"];
export declare const name_attribute: EngineModule["name_attribute"];
export declare const buffer: EngineModule["buffer"];
export declare const free_context: EngineModule["free_context"];
export declare const evaluate: EngineModule["evaluate"];
export declare const evaluate_values: EngineModule["evaluate_values"];
