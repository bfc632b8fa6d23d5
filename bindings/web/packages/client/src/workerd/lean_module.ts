import module from "../engine/wasm/lean.wasm?module";

export default module;
