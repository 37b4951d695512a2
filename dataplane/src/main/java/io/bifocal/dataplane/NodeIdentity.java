package io.bifocal.dataplane;

import io.envoyproxy.envoy.config.core.v3.BuildVersion;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.type.v3.SemanticVersion;

/** The node of the bootstrap, with what this program says of itself. */
final class NodeIdentity {
  static final String USER_AGENT = "bifocal";

  private NodeIdentity() {}

  static Node of(Node configured) {
    String[] parts = Version.NUMBER.split("[.-]");
    return configured.toBuilder()
        .setUserAgentName(USER_AGENT)
        .setUserAgentBuildVersion(
            BuildVersion.newBuilder()
                .setVersion(
                    SemanticVersion.newBuilder()
                        .setMajorNumber(Integer.parseInt(parts[0]))
                        .setMinorNumber(Integer.parseInt(parts[1]))
                        .setPatch(Integer.parseInt(parts[2]))))
        .build();
  }
}
