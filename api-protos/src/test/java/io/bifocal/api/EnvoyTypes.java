package io.bifocal.api;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;

/** Every message type of Envoy's v3 API, found by going through its archive. */
final class EnvoyTypes {
  private EnvoyTypes() {}

  static List<Descriptor> all() {
    List<Descriptor> types = new ArrayList<>();
    for (String name : classNames()) {
      try {
        Object file = Class.forName(name).getMethod("getDescriptor").invoke(null);
        if (file instanceof FileDescriptor descriptor) {
          descriptor.getMessageTypes().forEach(type -> addWithNested(type, types));
        }
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(name, e);
      }
    }
    return types;
  }

  private static void addWithNested(Descriptor type, List<Descriptor> types) {
    types.add(type);
    type.getNestedTypes().forEach(nested -> addWithNested(nested, types));
  }

  private static List<String> classNames() {
    List<String> names = new ArrayList<>();
    try {
      Path jar =
          Path.of(Bootstrap.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (JarFile file = new JarFile(jar.toFile())) {
        file.stream()
            .map(entry -> entry.getName())
            .filter(name -> name.endsWith("Proto.class") && !name.contains("$"))
            .filter(
                name ->
                    (name.startsWith("io/envoyproxy/envoy/") && name.contains("/v3/"))
                        || name.startsWith("com/github/"))
            .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
            .forEach(names::add);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
    return names;
  }
}
