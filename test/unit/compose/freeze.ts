/** Writes frozen.json: what a docker compose makes of every case. Run by hand, with the path of one. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CASES } from "./cases.ts";
import { askCompose, findCompose } from "./docker.ts";
import { projectDocker } from "./projection.ts";

const compose = findCompose(process.argv[2]);
if (compose === undefined) throw new Error("usage: node test/unit/compose/freeze.ts PATH-OF-DOCKER-COMPOSE");
const cases = Object.fromEntries(
  CASES.map((one) => {
    const outcome = askCompose(compose, one);
    return [one.name, "refusal" in outcome ? outcome : projectDocker(outcome.project)];
  }),
);
const frozen = { version: compose.version.join("."), cases };
writeFileSync(join(import.meta.dirname, "frozen.json"), `${JSON.stringify(frozen, null, 2)}\n`);
