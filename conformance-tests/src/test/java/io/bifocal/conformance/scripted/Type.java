package io.bifocal.conformance.scripted;

import java.util.Arrays;

/** The resource types that the script speaks of. */
public enum Type {
  CDS("envoy.config.cluster.v3.Cluster"),
  EDS("envoy.config.endpoint.v3.ClusterLoadAssignment"),
  LDS("envoy.config.listener.v3.Listener"),
  RDS("envoy.config.route.v3.RouteConfiguration"),
  SDS("envoy.extensions.transport_sockets.tls.v3.Secret");

  private final String url;

  Type(String message) {
    this.url = "type.googleapis.com/" + message;
  }

  public String url() {
    return url;
  }

  /** Whether a state-of-the-world response is complete, so that absence is removal. */
  public boolean absenceRemoves() {
    return this == CDS || this == LDS;
  }

  static String shortName(String url) {
    return Arrays.stream(values())
        .filter(type -> type.url.equals(url))
        .map(Enum::toString)
        .findFirst()
        .orElse(url);
  }
}
