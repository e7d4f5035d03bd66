/** The files that a project is read from: a disk's, or a test's. */
export interface ComposeFiles {
  /** Absolute: what relative paths on the command line are relative to. */
  readonly directory: string;
  /**
   * The text of a file by its absolute path, or of standard input for `-`; undefined when there is no
   * such file. Rejects, saying why, when there is one that cannot be read or that is larger than
   * {@link FILE_SIZE_MAX_BYTES}.
   */
  read(path: string): Promise<string | undefined>;
}

/** Far above any compose file that people write; a reader must not hold more of a file that is none. */
export const FILE_SIZE_MAX_BYTES = 1024 * 1024;
