import * as published from "featurehub-javascript-client-sdk";

import type { Sdk } from "../featurehub/program.ts";
import { provide } from "./featurehub_program.ts";

provide(published as unknown as Sdk);
