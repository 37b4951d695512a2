package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.core.v3.KeyValueAppend;
import io.envoyproxy.envoy.config.core.v3.KeyValueAppend.KeyValueAppendAction;
import io.envoyproxy.envoy.config.core.v3.KeyValueMutation;
import java.util.ArrayList;
import java.util.List;

/** A change of one query parameter; source: {@code envoy.config.core.v3.KeyValueMutation}. */
sealed interface QueryChange {
  SupportedFields FIELDS =
      SupportedFields.of(KeyValueAppend.getDescriptor())
          .supports("record", "action")
          .refuses("record is its successor", "entry");

  void apply(QueryParameters parameters, StreamInfo info);

  /** Takes a parameter out. */
  record Remove(String name) implements QueryChange {
    @Override
    public void apply(QueryParameters parameters, StreamInfo info) {
      parameters.remove(name);
    }
  }

  /** Sets or adds one. */
  record Put(String name, Format value, KeyValueAppendAction how) implements QueryChange {
    @Override
    public void apply(QueryParameters parameters, StreamInfo info) {
      boolean there = parameters.contains(name);
      switch (how) {
        case ADD_IF_ABSENT -> {
          if (!there) {
            parameters.add(name, value.of(info));
          }
        }
        case OVERWRITE_IF_EXISTS -> {
          if (there) {
            parameters.set(name, value.of(info));
          }
        }
        case OVERWRITE_IF_EXISTS_OR_ADD -> parameters.set(name, value.of(info));
        default -> parameters.add(name, value.of(info));
      }
    }
  }

  static List<QueryChange> all(List<KeyValueMutation> configs, String path) throws ConfigException {
    List<QueryChange> changes = new ArrayList<>();
    for (KeyValueMutation config : configs) {
      changes.add(of(config, path));
    }
    return changes;
  }

  private static QueryChange of(KeyValueMutation config, String path) throws ConfigException {
    if (config.hasAppend() == !config.getRemove().isEmpty()) {
      throw new ConfigException(
          config.hasAppend()
              ? "Only one of 'append'/'remove can be specified."
              : "One of 'append'/'remove' must be specified.");
    }
    if (!config.hasAppend()) {
      return new Remove(config.getRemove());
    }
    KeyValueAppend append = config.getAppend();
    if (!append.hasRecord()) {
      throw new ConfigException("No record specified.");
    }
    if (!append.getRecord().getValue().hasStringValue()) {
      throw new ConfigException("Only string value is allowed for record value.");
    }
    FIELDS.check(append, path + ".append");
    String value = append.getRecord().getValue().getStringValue();
    return new Put(append.getRecord().getKey(), Format.text(value, true), append.getAction());
  }
}
