import { describe, expect, it } from "vitest";
import type { PolicyRow } from "../../../src/model/rows.ts";
import { Exceptions } from "../../../src/pipeline/exceptions.ts";
import type { IdentityClass } from "../../../src/pipeline/identity-class.ts";
import { NOBODY, populationAfter } from "../../../src/pipeline/population.ts";
import { subject } from "../policy/subjects.ts";

const classOf = (number: number): IdentityClass => ({ number, remote: subject({}) });
const rowFor = ({ number }: IdentityClass) => ({ table: "policy", identity: number }) as PolicyRow;

describe("exceptions", () => {
  it("compare with what they saw last, and not with what came before it", () => {
    const [web, api] = [classOf(1), classOf(2)];
    const exceptions = new Exceptions([new Set([web, api])], (remote) => [rowFor(remote)]);
    const first = populationAfter(NOBODY, new Set([web]));
    const unseen = populationAfter(first, new Set([web, api]));
    const last = populationAfter(unseen, new Set([web, api, classOf(3)]));
    expect(exceptions.rows([first])).toEqual([rowFor(web)]);
    // `last` says that only the third came, since `unseen`: that the second did was said to others.
    expect(exceptions.rows([last])).toEqual([rowFor(web), rowFor(api)]);
  });
});
