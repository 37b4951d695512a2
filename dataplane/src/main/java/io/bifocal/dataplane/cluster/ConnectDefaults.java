package io.bifocal.dataplane.cluster;

import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.runtime.RuntimeValue;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the runtime says of connections now. A value that cannot be is told once, and what was good
 * before it stays. Confined to the control loop.
 */
public final class ConnectDefaults implements Supplier<ConnectSettings> {
  private static final Logger log = LoggerFactory.getLogger(ConnectDefaults.class);

  private final RuntimeReader runtime;
  private RuntimeSnapshot read = RuntimeSnapshot.EMPTY;
  private ConnectSettings good = ConnectSettings.DEFAULT;

  public ConnectDefaults(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  /**
   * What a snapshot says.
   *
   * @throws ConfigException with the key that is mistyped or out of bounds
   */
  public static ConnectSettings of(RuntimeSnapshot snapshot) throws ConfigException {
    Map<String, Value> values = new HashMap<>();
    snapshot.under(ConnectSettingsReader.KEY).forEach((key, v) -> values.put(key, value(v)));
    return ConnectSettingsReader.ofRuntime(values);
  }

  @Override
  public ConnectSettings get() {
    RuntimeSnapshot now = runtime.snapshot();
    if (now != read) {
      read = now;
      try {
        good = of(now);
      } catch (ConfigException e) {
        log.warn("{}; what held before stays", e.reason());
      }
    }
    return good;
  }

  // An operator's override and a file are text, whatever they mean.
  private static Value value(RuntimeValue value) {
    Value.Builder read = Value.newBuilder();
    if (value.flag() != null) {
      read.setBoolValue(value.flag());
    } else if (value.number() != null) {
      read.setNumberValue(value.number());
    } else {
      read.setStringValue(value.text());
    }
    return read.build();
  }
}
