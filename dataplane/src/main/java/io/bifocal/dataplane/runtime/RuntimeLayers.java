package io.bifocal.dataplane.runtime;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.bootstrap.v3.LayeredRuntime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code Bootstrap.layered_runtime}, checked: where each layer comes from; a later one wins. */
public final class RuntimeLayers {
  private static final List<String> GUARDS =
      List.of("envoy.reloadable_features.", "envoy.restart_features.");

  private final List<LayerSource> sources;

  private RuntimeLayers(List<LayerSource> sources) {
    this.sources = List.copyOf(sources);
  }

  /**
   * Reads and checks.
   *
   * @param serviceCluster for {@code append_service_cluster}
   * @throws ConfigException in Envoy's words where it has any
   */
  public static RuntimeLayers of(LayeredRuntime config, String serviceCluster)
      throws ConfigException {
    List<LayerSource> sources = new ArrayList<>();
    Set<String> names = new HashSet<>();
    boolean admin = false;
    for (var layer : config.getLayersList()) {
      if (!names.add(layer.getName())) {
        throw new ConfigException("Duplicate layer name: " + layer.getName());
      }
      LayerSource source = LayerSource.of(layer, serviceCluster);
      if (source instanceof LayerSource.Admin) {
        if (admin) {
          throw new ConfigException(
              "Too many admin layers specified in LayeredRuntime, at most one may be specified");
        }
        admin = true;
      }
      sources.add(source);
    }
    return new RuntimeLayers(sources);
  }

  List<LayerSource> sources() {
    return sources;
  }

  /** What the bootstrap itself says, before anything else was asked. */
  public RuntimeSnapshot fixed() {
    List<RuntimeLayer> layers = new ArrayList<>();
    for (LayerSource source : sources) {
      if (source instanceof LayerSource.Static known) {
        layers.add(known.layer());
      }
    }
    return new RuntimeSnapshot(layers);
  }

  /**
   * What of the bootstrap's own layers is accepted without effect: Envoy's feature guards that
   * guard nothing here.
   *
   * @param honoured the guards that do
   */
  public List<String> warnings(Set<String> honoured) {
    return fixed().values().keySet().stream()
        .filter(key -> GUARDS.stream().anyMatch(key::startsWith) && !honoured.contains(key))
        .sorted()
        .map(key -> "layered_runtime: '" + key + "' is ignored: it guards nothing here")
        .toList();
  }
}
