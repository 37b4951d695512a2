package io.bifocal.dataplane.expression;

import dev.cel.common.values.CelByteString;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What filters keep of a stream or of its connection, as bytes. */
final class Kept extends Attributes.Lazy {
  private final StreamInfo stream;

  Kept(StreamInfo stream) {
    this.stream = stream;
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    String found = key instanceof String name ? stream.filterState(name) : null;
    return found == null ? null : CelByteString.copyFromUtf8(found);
  }

  @Override
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    add(stream, names);
    add(stream.ofConnection(), names);
    return names;
  }

  private static void add(StreamInfo by, Set<String> names) {
    Map<String, String> kept = by.filterState;
    if (kept != null) {
      names.addAll(kept.keySet());
    }
  }
}
