import module from "../engine/wasm/full.wasm?module";

export default module;
