package io.bifocal.dataplane.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * What the names of a scope's statistics begin with. All of them share it, so that a statistic
 * costs no text of its own.
 *
 * @param prefix empty, or with a dot at its end
 * @param base the prefix without the tags' values
 * @param whole whether {@code base} is all of the name there, as when a name ends with a tag's
 *     value
 */
record ScopeName(String prefix, String base, List<Tag> tags, boolean whole) {
  static final ScopeName ROOT = new ScopeName("", "", List.of(), false);

  ScopeName below(String name) {
    return new ScopeName(prefix + name + ".", base + name + ".", tags, false);
  }

  ScopeName tagged(String part, String tag, String value) {
    return tagged(part, tag, value, value);
  }

  ScopeName tagged(String part, String tag, String value, String shown) {
    return new ScopeName(
        prefix + part + "." + shown + ".", base + part + ".", with(tag, value), false);
  }

  private List<Tag> with(String tag, String value) {
    List<Tag> more = new ArrayList<>(tags);
    more.add(new Tag(tag, value));
    return List.copyOf(more);
  }

  /** Of the statistic {@code name.value}: all but what follows the last dot. */
  ScopeName ending(String name, String tag, String value) {
    String full = prefix + name + "." + value;
    return new ScopeName(
        full.substring(0, full.lastIndexOf('.') + 1), base + name, with(tag, value), true);
  }

  /** Of the statistic {@code name}, which has dots: all but what follows the last one. */
  ScopeName of(String name) {
    String parts = name.substring(0, name.lastIndexOf('.') + 1);
    return new ScopeName(prefix + parts, base + parts, tags, false);
  }

  StatName name(String local) {
    return new StatName(prefix + local, whole ? base : base + local, tags);
  }
}
