package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.runtime.RuntimeReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What there is under one listener's name. */
final class ListenerEntry {
  final String name;
  final boolean fromBootstrap;
  @Nullable ListenerVersion active;
  @Nullable Warming warming;
  private @Nullable ConnectionLimits limits;

  /**
   * A version that is not ready yet.
   *
   * @param target what keeps the server waiting for it
   */
  record Warming(ListenerVersion version, InitManager.Target target) {}

  ListenerEntry(String name, boolean fromBootstrap) {
    this.name = name;
    this.fromBootstrap = fromBootstrap;
  }

  /** Its versions' connections count together. */
  ConnectionLimits limits(RuntimeReader runtime, Overload overload) {
    ConnectionLimits known = limits;
    if (known == null) {
      known = new ConnectionLimits(name, runtime, overload);
      limits = known;
    }
    return known;
  }

  List<ListenerVersion> versions() {
    List<ListenerVersion> versions = new ArrayList<>();
    if (active != null) {
      versions.add(active);
    }
    if (warming != null) {
      versions.add(warming.version());
    }
    return versions;
  }

  /** Every socket that one of its versions has. */
  List<ListenSocket> sockets() {
    return versions().stream().flatMap(v -> v.sockets().stream()).distinct().toList();
  }
}
