package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.runtime.RuntimeReader;
import java.util.function.DoubleSupplier;

/**
 * A number that the runtime may change: {@code envoy.config.core.v3.RuntimeDouble}.
 *
 * @param otherwise while the runtime has no number under the key
 */
public record RuntimeDouble(RuntimeReader runtime, String key, double otherwise)
    implements DoubleSupplier {
  /** One that nothing changes. */
  public static RuntimeDouble fixed(double value) {
    return new RuntimeDouble(RuntimeReader.NONE, "", value);
  }

  @Override
  public double getAsDouble() {
    String text = runtime.snapshot().text(key);
    if (text == null) {
      return otherwise;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
