/** A JSON object of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/*
 * What was written down earlier, and may have been cut short or edited since: each reads one field, and throws an
 * Error that says what makes no sense.
 */

export function asRecord(value: unknown): JsonRecord {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("not a record");
  return value as JsonRecord;
}

export function text(record: JsonRecord, field: string): string {
  const value = record[field];
  if (typeof value !== "string") throw new Error(`${field} is not text`);
  return value;
}

/** Undefined where it is null or absent. */
export function optionalText(record: JsonRecord, field: string): string | undefined {
  return record[field] == null ? undefined : text(record, field);
}

export function integer(record: JsonRecord, field: string): number {
  const value = record[field];
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new Error(`${field} is not an integer`);
  return value;
}

export function list(record: JsonRecord, field: string): readonly unknown[] {
  const value = record[field];
  if (!Array.isArray(value)) throw new Error(`${field} is not a list`);
  return value;
}

export function texts(record: JsonRecord, field: string): readonly string[] {
  return list(record, field).map((value) => {
    if (typeof value !== "string") throw new Error(`${field} holds what is not text`);
    return value;
  });
}

export function textMap(record: JsonRecord, field: string): Readonly<Record<string, string>> {
  const entries = Object.entries(asRecord(record[field]));
  for (const [key, value] of entries)
    if (typeof value !== "string") throw new Error(`${field}.${key} is not text`);
  return Object.fromEntries(entries) as Record<string, string>;
}
