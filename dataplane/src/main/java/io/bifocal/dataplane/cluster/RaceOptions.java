package io.bifocal.dataplane.cluster;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.ConnectRace;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;

/**
 * What of a race can be set where Envoy has no field for it: in the cluster's metadata under {@code
 * bifocal.connect}, which Envoy ignores, so that one configuration serves both.
 *
 * @param stagger "Connection Attempt Delay" of RFC 8305 section 5, as {@code stagger: "0.1s"}; at
 *     least 10 ms, as the RFC demands; 300 ms when unset, as in Envoy
 */
record RaceOptions(Duration stagger) {
  private static final String KEY = "bifocal.connect";
  private static final Duration MINIMUM = Duration.ofMillis(10);

  static RaceOptions read(Metadata metadata, String path) throws ConfigException {
    Duration stagger = ConnectRace.DEFAULT_STAGGER;
    Struct own = metadata.getFilterMetadataOrDefault(KEY, Struct.getDefaultInstance());
    for (Map.Entry<String, Value> field : own.getFieldsMap().entrySet()) {
      String at = path + ".filter_metadata['" + KEY + "']." + field.getKey();
      if (!field.getKey().equals("stagger")) {
        throw new ConfigException(at + " is not known: there is 'stagger'");
      }
      stagger = duration(field.getValue(), at);
    }
    return new RaceOptions(stagger);
  }

  private static Duration duration(Value value, String at) throws ConfigException {
    String text = value.getStringValue();
    try {
      Duration duration = Duration.ofNanos(Durations.toNanos(Durations.parse(text)));
      if (duration.compareTo(MINIMUM) < 0) {
        throw new ConfigException(at + ": '" + text + "' is less than 10 ms");
      }
      return duration;
    } catch (ParseException e) {
      throw new ConfigException(at + ": not a duration such as \"0.3s\": '" + text + "'", e);
    }
  }
}
