package io.bifocal.dataplane.runtime;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.nio.file.Path;

/** Where one layer's values come from, as the bootstrap says it. */
sealed interface LayerSource {
  String name();

  /** From the bootstrap itself. */
  record Static(RuntimeLayer layer) implements LayerSource {
    @Override
    public String name() {
      return layer.name();
    }
  }

  /**
   * From files below a directory.
   *
   * @param root the symbolic link whose exchange says that there are new ones
   */
  record Disk(String name, Path root, Path directory) implements LayerSource {}

  /**
   * From RTDS.
   *
   * @param resource what it is called there
   */
  record Rtds(String name, String resource, ConfigSource source) implements LayerSource {}

  /** From the admin interface. */
  record Admin(String name) implements LayerSource {}

  static LayerSource of(
      io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer config, String serviceCluster)
      throws ConfigException {
    String name = config.getName();
    return switch (config.getLayerSpecifierCase()) {
      case STATIC_LAYER -> new Static(RuntimeLayer.of(name, config.getStaticLayer()));
      case DISK_LAYER -> {
        var disk = config.getDiskLayer();
        if (disk.getSymlinkRoot().isEmpty()) {
          throw new ConfigException(
              "layered_runtime.layers '%s'.disk_layer.symlink_root: invalid file path "
                  .formatted(name));
        }
        Path root = Path.of(disk.getSymlinkRoot());
        Path directory = root.resolve(disk.getSubdirectory());
        yield new Disk(
            name,
            root,
            disk.getAppendServiceCluster() ? directory.resolve(serviceCluster) : directory);
      }
      case RTDS_LAYER ->
          new Rtds(name, config.getRtdsLayer().getName(), config.getRtdsLayer().getRtdsConfig());
      case ADMIN_LAYER -> new Admin(name);
      case LAYERSPECIFIER_NOT_SET ->
          throw new ConfigException(
              "layered_runtime.layers '%s': layer_specifier is required".formatted(name));
    };
  }
}
