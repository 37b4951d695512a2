package io.bifocal.dataplane.cluster;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.Value.KindCase;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.text.ParseException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link ConnectSettings} from where Envoy ignores them, so that one configuration serves
 * both: from a cluster's metadata under {@code bifocal.connect}, over defaults from the runtime's
 * keys {@code bifocal.connect.*}. The keys and their values are the same in both places.
 */
final class ConnectSettingsReader {
  /** Of the metadata, and with a dot behind it of the runtime. */
  static final String KEY = "bifocal.connect";

  private static final String ATTEMPT_DELAY = "attempt_delay";
  private static final String GROWTH = "attempt_delay_growth";
  private static final String MODE = "attempt_delay_mode";
  private static final String MEMORY = "outcome_memory";
  private static final String RESOLUTION_DELAY = "resolution_delay";
  private static final String ORDERING = "destination_ordering";
  private static final List<String> KEYS =
      List.of(ATTEMPT_DELAY, GROWTH, MODE, MEMORY, RESOLUTION_DELAY, ORDERING);

  private final Map<String, Value> fields;
  private final String prefix;

  private ConnectSettingsReader(Map<String, Value> fields, String prefix) {
    this.fields = fields;
    this.prefix = prefix;
  }

  /**
   * A cluster's own settings, over {@code defaults}.
   *
   * @throws ConfigException with the path of a key that is mistyped or out of bounds
   */
  static ConnectSettings ofCluster(Metadata metadata, ConnectSettings defaults, String path)
      throws ConfigException {
    Struct own = metadata.getFilterMetadataOrDefault(KEY, Struct.getDefaultInstance());
    String prefix = path + ".filter_metadata['" + KEY + "'].";
    return new ConnectSettingsReader(own.getFieldsMap(), prefix).over(defaults);
  }

  /**
   * The defaults of all clusters.
   *
   * @param values what the runtime says under {@link #KEY}, without that prefix
   * @throws ConfigException with the key that is mistyped or out of bounds
   */
  static ConnectSettings ofRuntime(Map<String, Value> values) throws ConfigException {
    return new ConnectSettingsReader(values, "runtime key " + KEY + ".")
        .over(ConnectSettings.DEFAULT);
  }

  private ConnectSettings over(ConnectSettings defaults) throws ConfigException {
    for (String key : fields.keySet()) {
      if (!KEYS.contains(key)) {
        throw new ConfigException(
            prefix + key + " is not known: there are " + String.join(", ", KEYS));
      }
    }
    ConnectSettings settings =
        new ConnectSettings(
            duration(
                ATTEMPT_DELAY,
                defaults.attemptDelay(),
                ConnectSettings.MIN_ATTEMPT_DELAY,
                ConnectSettings.MAX_ATTEMPT_DELAY),
            growth(defaults.attemptDelayGrowth()),
            oneOf(MODE, DelayMode.class, defaults.attemptDelayMode()),
            memory(defaults.outcomeMemory()),
            duration(
                RESOLUTION_DELAY,
                defaults.resolutionDelay(),
                Duration.ZERO,
                ConnectSettings.MAX_RESOLUTION_DELAY),
            oneOf(ORDERING, DestinationOrdering.class, defaults.destinationOrdering()));
    if (settings.attemptDelayMode() == DelayMode.ROUND_TRIP && !settings.outcomeMemory()) {
      throw new ConfigException(
          prefix + MODE + ": 'round_trip' needs the memory that " + MEMORY + " switches off");
    }
    return settings;
  }

  private Duration duration(String key, Duration otherwise, Duration least, Duration most)
      throws ConfigException {
    Value value = fields.get(key);
    if (value == null) {
      return otherwise;
    }
    Duration duration;
    try {
      duration = Duration.ofNanos(Durations.toNanos(Durations.parse(value.getStringValue())));
    } catch (ParseException e) {
      throw wrong(key, "a duration such as \"0.3s\"", e);
    }
    if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
      throw wrong(key, "from " + least.toMillis() + " ms to " + most.toMillis() + " ms", null);
    }
    return duration;
  }

  private double growth(double otherwise) throws ConfigException {
    Value value = fields.get(GROWTH);
    if (value == null) {
      return otherwise;
    }
    double factor = value.getNumberValue();
    if (!(factor >= 1 && factor <= ConnectSettings.MAX_GROWTH)) {
      throw wrong(GROWTH, "a number from 1 to " + (int) ConnectSettings.MAX_GROWTH, null);
    }
    return factor;
  }

  private boolean memory(boolean otherwise) throws ConfigException {
    Value value = fields.get(MEMORY);
    if (value == null) {
      return otherwise;
    }
    if (value.getKindCase() != KindCase.BOOL_VALUE) {
      throw wrong(MEMORY, "true or false", null);
    }
    return value.getBoolValue();
  }

  private <E extends Enum<E>> E oneOf(String key, Class<E> type, E otherwise)
      throws ConfigException {
    Value value = fields.get(key);
    if (value == null) {
      return otherwise;
    }
    List<String> names =
        Arrays.stream(type.getEnumConstants()).map(e -> e.name().toLowerCase(Locale.ROOT)).toList();
    int found = names.indexOf(value.getStringValue());
    if (found < 0) {
      throw wrong(key, "one of " + String.join(", ", names), null);
    }
    return type.getEnumConstants()[found];
  }

  private ConfigException wrong(String key, String right, @Nullable Exception cause) {
    String text = prefix + key + ": must be " + right + ", not " + text(fields.get(key));
    return cause == null ? new ConfigException(text) : new ConfigException(text, cause);
  }

  private static String text(@Nullable Value value) {
    if (value == null) {
      return "nothing";
    }
    return switch (value.getKindCase()) {
      case STRING_VALUE -> "'" + value.getStringValue() + "'";
      case NUMBER_VALUE -> String.valueOf(value.getNumberValue());
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      default -> "a value of another kind";
    };
  }
}
