package io.bifocal.conformance.http3;

import io.bifocal.conformance.Started;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The listeners of a proxy, from a file that is replaced. */
final class ListenerFile {
  private final Started started;
  private final Path path;
  private int version;

  ListenerFile(Started started, String name) {
    this.started = started;
    this.path = started.directory().resolve(name + ".yaml");
    put("");
  }

  /** The bootstrap's part that reads it; static resources may follow. */
  String bootstrap() {
    return """
        node: {id: test-id, cluster: test-cluster}
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        dynamic_resources:
          lds_config: {resource_api_version: V3, path_config_source: {path: %s}}
        static_resources:
        """
        .formatted(path);
  }

  /** From now on there are these: what {@link Http3Bootstrap#listener} gives. */
  void put(String listeners) {
    String resources =
        listeners.replaceAll(
            "(?m)^ *- name: (\\S+)\\n( +)address:",
            "-   \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n    name: $1\n    address:");
    Path next =
        started.write(
            "next.yaml",
            "version_info: \"%d\"\nresources:%s\n"
                .formatted(++version, resources.isBlank() ? " []" : "\n" + resources));
    try {
      Files.move(next, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
