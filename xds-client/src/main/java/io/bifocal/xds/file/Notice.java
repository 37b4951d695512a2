package io.bifocal.xds.file;

import org.jspecify.annotations.Nullable;

/** What a file system tells of a directory. */
sealed interface Notice {

  /**
   * What a name stands for, links not followed.
   *
   * @param key tells one from all others; null where the file system has none
   * @param filled whether it is a regular file with content
   */
  record Entry(@Nullable Object key, boolean filled) {}

  /** A name came, or came to mean another entry: null when it is gone again already. */
  record Came(String name, @Nullable Entry entry) implements Notice {}

  /** A name is gone. */
  record Went(String name) implements Notice {}

  /** What a name stands for was written to. */
  record Written(String name) implements Notice {}

  /** More happened than could be told. */
  record Lost() implements Notice {}
}
