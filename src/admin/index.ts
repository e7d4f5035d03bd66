/** Admin policies: the book that keeps them, what a change would do, and the files that they come in. */
export { PolicyAdmin } from "./policy-admin.ts";
export { PolicyBook } from "./policy-book.ts";
export type * from "./policy-documents.ts";
export { PAIRS_LISTED_MAX } from "./policy-documents.ts";
export { type PolicyFile, readPolicyFile } from "./policy-file.ts";
export { applyPolicyFiles, POLICY_BYTES_MAX, readPolicyText } from "./policy-files.ts";
export { printPolicyFile } from "./print-policy-file.ts";
