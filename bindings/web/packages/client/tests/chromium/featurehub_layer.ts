import * as layer from "../../src/featurehub/index.ts";
import { provide } from "./featurehub_program.ts";

provide(layer);
