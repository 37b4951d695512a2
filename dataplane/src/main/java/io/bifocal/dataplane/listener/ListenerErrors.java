package io.bifocal.dataplane.listener;

import com.google.protobuf.Any;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the last update of LDS got wrong: for its NACK, and for the dump until the next update. */
final class ListenerErrors {
  private final Loop control;
  private final StringBuilder text = new StringBuilder();
  private final Map<String, UpdateFailureState> byName = new LinkedHashMap<>();

  ListenerErrors(Loop control) {
    this.control = control;
  }

  void clear() {
    text.setLength(0);
    byName.clear();
  }

  void add(Listener listener, String reason, String version) {
    text.append(listener.getName()).append(": ").append(reason).append('\n');
    byName.put(
        listener.getName(),
        UpdateFailureState.newBuilder()
            .setFailedConfiguration(Any.pack(listener))
            .setLastUpdateAttempt(VersionFactory.timestamp(control.wallTime()))
            .setDetails(reason)
            .setVersionInfo(version)
            .build());
  }

  boolean isEmpty() {
    return text.length() == 0;
  }

  /** One line for each that was refused. */
  String text() {
    return text.toString();
  }

  Map<String, UpdateFailureState> byName() {
    return byName;
  }
}
