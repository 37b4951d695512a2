package io.bifocal.conformance.rfc8305;

import com.google.protobuf.Message;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.List;
import java.util.stream.Collectors;

/** A race's cluster as a control plane pushes it. */
record RacedCluster(String name, int port, Race race, FarSide far) {
  boolean isByEds() {
    return race.options().contains("type: EDS");
  }

  /** One endpoint of these addresses. */
  String localities(String addresses) {
    return "[{lb_endpoints: [{endpoint: " + endpoint(addresses) + "}]}]";
  }

  /** An endpoint of these addresses as YAML in flow style; the first is its own. */
  String endpoint(String addresses) {
    List<String> all =
        far.addresses(addresses).stream()
            .map(
                address ->
                    "address: {socket_address: {address: \"%s\", port_value: %d}}"
                        .formatted(address, port))
            .toList();
    return "{%s, additional_addresses: [%s]}"
        .formatted(
            all.get(0),
            all.stream().skip(1).map("{%s}"::formatted).collect(Collectors.joining(", ")));
  }

  /** The cluster, with these localities unless they come by EDS. */
  Cluster cluster(String localities) {
    String type = race.options().contains("type: ") ? "" : "type: STATIC, ";
    String options = race.options().isEmpty() ? "" : race.options() + ", ";
    options = options.replace("$PORT", String.valueOf(port)).replace("$NAME", name);
    String assignment = isByEds() ? "" : ", load_assignment: " + assignmentYaml(localities);
    return read(
        "{name: %s, %s%smetadata: {filter_metadata: {bifocal.connect: {%s}}}%s}"
            .formatted(name, type, options, race.ours(), assignment),
        Cluster.getDefaultInstance());
  }

  /** What EDS says; nothing when the cluster says it itself. */
  List<ClusterLoadAssignment> assignments(String localities) {
    return isByEds()
        ? List.of(read(assignmentYaml(localities), ClusterLoadAssignment.getDefaultInstance()))
        : List.of();
  }

  private String assignmentYaml(String localities) {
    return "{cluster_name: %s, endpoints: %s}".formatted(name, localities);
  }

  private static <T extends Message> T read(String yaml, T prototype) {
    try {
      return new BootstrapReader(false).readYaml(yaml, yaml, prototype);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
