package io.bifocal.dataplane.runtime;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;

/** Layers as a bootstrap writes them. */
final class Layers {
  private Layers() {}

  /** The elements of {@code layered_runtime.layers}; the service cluster is called sc. */
  static RuntimeLayers of(String layers) throws ConfigException {
    return RuntimeLayers.of(
        new BootstrapReader(false)
            .readYaml("layered_runtime: {layers: [" + layers + "]}", "test")
            .getLayeredRuntime(),
        "sc");
  }
}
