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
    String found = of(stream, key);
    if (found == null && stream.connection != null) {
      found = of(stream.connection, key);
    }
    return found == null ? null : CelByteString.copyFromUtf8(found);
  }

  private static @Nullable String of(StreamInfo by, @Nullable Object key) {
    return by.filterState == null ? null : by.filterState.get(key);
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
