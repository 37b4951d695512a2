package io.bifocal.dataplane.expression;

/** {@code xds.…}: what the configuration calls those that serve the stream. */
final class XdsAttributes {
  private XdsAttributes() {}

  static Attributes.Table table() {
    return new Attributes.Table()
        .put("cluster_name", s -> s.cluster == null ? null : s.cluster.getName())
        .put(
            "cluster_metadata",
            s -> s.cluster == null ? null : Json.metadata(s.cluster.getMetadata()))
        .put("route_name", s -> s.route == null ? null : s.route.route().getName())
        .put(
            "route_metadata",
            s -> s.route == null ? null : Json.metadata(s.route.route().getMetadata()))
        .put("virtual_host_name", s -> s.route == null ? null : s.route.host().getName())
        .put(
            "virtual_host_metadata",
            s -> s.route == null ? null : Json.metadata(s.route.host().getMetadata()))
        .put(
            "upstream_host_metadata",
            s -> s.upstreamHost == null ? null : Json.metadata(s.upstreamHost.metadata()))
        .put("filter_chain_name", s -> s.filterChainName)
        .put(
            "listener_metadata",
            s -> {
              var listener = s.ofConnection().listener;
              return listener == null ? null : Json.metadata(listener.getMetadata());
            })
        .put(
            "listener_direction",
            s -> {
              var listener = s.ofConnection().listener;
              return listener == null ? null : (long) listener.getTrafficDirectionValue();
            });
  }
}
