import { request } from "node:http";

/** What a call came to: a reply, a refusal in the plugin protocol's words, or nothing as the daemon died. */
export type Outcome =
  | { readonly kind: "answered"; readonly reply: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "unanswered" };

/** Calls the driver as Docker does: one POST over its unix socket. */
export function callPlugin(socketPath: string, method: string, body: object): Promise<Outcome> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: `/${method}`, method: "POST", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve({ kind: "unanswered" }));
      response.on("end", () => {
        const reply = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
        if (response.statusCode === 200) resolve({ kind: "answered", reply });
        else resolve({ kind: "refused", error: String(reply.Err) });
      });
    });
    call.on("error", () => resolve({ kind: "unanswered" }));
    call.end(JSON.stringify(body));
  });
}

/** As {@link callPlugin}, where anything but a reply fails the test. */
export async function mustCall(
  socketPath: string,
  method: string,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const outcome = await callPlugin(socketPath, method, body);
  if (outcome.kind === "answered") return outcome.reply;
  throw new Error(`${method}: ${outcome.kind === "refused" ? outcome.error : "no answer"}`);
}
