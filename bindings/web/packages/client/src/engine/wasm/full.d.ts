// The JavaScript of the full engine, which `cargo xtask web engines` writes beside this file.
import type { FullEngineModule } from "../module.ts";

export declare const initSync: FullEngineModule["initSync"];
export declare const __wbg_reset_state: FullEngineModule["__wbg_reset_state"];
export declare const add: FullEngineModule["add"];
export declare const compile: FullEngineModule["compile"];
export declare const missing: FullEngineModule["missing"];
export declare const keys: FullEngineModule["keys"];
export declare const results: FullEngineModule["results"];
export declare const result_texts: FullEngineModule["result_texts"];
export declare const free_ruleset: FullEngineModule["free_ruleset"];
export declare const clear_context: FullEngineModule["clear_context"];
export declare const add_attribute: FullEngineModule["add_attribute"];
export declare const name_attribute: FullEngineModule["name_attribute"];
export declare const buffer: FullEngineModule["buffer"];
export declare const free_context: FullEngineModule["free_context"];
export declare const evaluate: FullEngineModule["evaluate"];
export declare const evaluate_values: FullEngineModule["evaluate_values"];
export declare const compile_document: FullEngineModule["compile_document"];
export declare const compile_to_explain: FullEngineModule["compile_to_explain"];
export declare const explain: FullEngineModule["explain"];
export declare const diagnostics: FullEngineModule["diagnostics"];
