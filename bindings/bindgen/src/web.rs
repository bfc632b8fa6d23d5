//! Writes the JavaScript glue, its type declarations and the final WebAssembly module of one build of the engine.
//!
//! `fh-web-bindgen INPUT.wasm FOLDER NAME` writes `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm` into the folder. The program
//! links the library of wasm-bindgen, because its command cannot be installed from every registry.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = arguments.as_slice() else {
        eprintln!("fh-web-bindgen INPUT.wasm FOLDER NAME");
        return ExitCode::FAILURE;
    };
    match write(input, folder, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the glue of {input} cannot be written: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn write(input: &str, folder: &str, name: &str) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        .typescript(true)
        // The loader of the package finds the module, so the glue must not name a place of its own.
        .omit_default_module_path(true)
        // A trap leaves an instance unusable. `__wbg_reset_state` replaces it by a fresh one.
        .reset_state_function(true)
        .remove_name_section(false)
        .remove_producers_section(true)
        .generate(folder)
}
