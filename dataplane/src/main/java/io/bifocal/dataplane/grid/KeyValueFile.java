package io.bifocal.dataplane.grid;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.common.key_value.v3.KeyValueStoreConfig;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.key_value.file_based.v3.FileBasedKeyValueStoreConfig;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A file in which something is kept beyond the process.
 *
 * @param flushInterval between one write and the next; within a second where it is zero
 * @param maxEntries how many entries it has at most
 */
record KeyValueFile(Path path, Duration flushInterval, int maxEntries) {
  private static final int DEFAULT_MAX_ENTRIES = 1000;

  private static final SupportedFields STORE =
      SupportedFields.of(KeyValueStoreConfig.getDescriptor()).supports("config");

  private static final SupportedFields FILE =
      SupportedFields.of(FileBasedKeyValueStoreConfig.getDescriptor())
          .supports("filename", "flush_interval", "max_entries");

  /**
   * Reads a {@code KeyValueStoreConfig} with a {@code FileBasedKeyValueStoreConfig}.
   *
   * @param path of the message, for errors
   */
  static KeyValueFile read(TypedExtensionConfig extension, String path) throws ConfigException {
    KeyValueStoreConfig store =
        unpack(KeyValueStoreConfig.getDefaultInstance(), extension.getTypedConfig(), path);
    var unused = STORE.check(store, path); // nothing of it is without effect
    String at = path + ".config";
    FileBasedKeyValueStoreConfig file =
        unpack(
            FileBasedKeyValueStoreConfig.getDefaultInstance(),
            store.getConfig().getTypedConfig(),
            at);
    var unusedFile = FILE.check(file, at);
    long most =
        file.hasMaxEntries()
            ? Integer.toUnsignedLong(file.getMaxEntries().getValue())
            : DEFAULT_MAX_ENTRIES;
    try {
      return new KeyValueFile(
          Path.of(file.getFilename()),
          JavaDuration.of(file.getFlushInterval()),
          most == 0 ? Integer.MAX_VALUE : (int) Math.min(most, Integer.MAX_VALUE));
    } catch (InvalidPathException e) {
      throw new ConfigException(at + ".filename: " + e.getMessage());
    }
  }

  private static <T extends Message> T unpack(T type, Any any, String path) throws ConfigException {
    if (!any.is(type.getClass())) {
      throw new ConfigException(
          "%s.typed_config is to be a %s, not '%s'"
              .formatted(path, type.getDescriptorForType().getFullName(), any.getTypeUrl()));
    }
    return Unpack.as(type, any);
  }
}
