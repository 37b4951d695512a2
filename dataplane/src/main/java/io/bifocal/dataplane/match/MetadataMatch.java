package io.bifocal.dataplane.match;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A condition on a value in metadata; source: {@code envoy.type.matcher.v3.MetadataMatcher}. */
public final class MetadataMatch {
  private final MetadataMatcher config;
  private final ValueMatch value;

  private MetadataMatch(MetadataMatcher config, ValueMatch value) {
    this.config = config;
    this.value = value;
  }

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  public static MetadataMatch of(MetadataMatcher config, String path) throws ConfigException {
    return new MetadataMatch(config, ValueMatch.of(config.getValue(), path + ".value"));
  }

  /**
   * Whether it holds.
   *
   * @param metadata by filter; null for none
   */
  public boolean matches(@Nullable Map<String, Struct> metadata) {
    return value.matches(find(metadata)) != config.getInvert();
  }

  private Value find(@Nullable Map<String, Struct> metadata) {
    Struct fields = metadata == null ? null : metadata.get(config.getFilter());
    Value found = Value.getDefaultInstance();
    for (int i = 0; i < config.getPathCount(); i++) {
      found = fields == null ? null : fields.getFieldsMap().get(config.getPath(i).getKey());
      if (found == null) {
        return Value.getDefaultInstance();
      }
      fields = found.hasStructValue() ? found.getStructValue() : null;
    }
    return found;
  }
}
