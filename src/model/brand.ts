/** A string that passed the parser of its kind; only that parser makes one. */
export type Brand<Name extends string> = string & { readonly __brand: Name };
