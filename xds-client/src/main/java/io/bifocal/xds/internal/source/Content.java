package io.bifocal.xds.internal.source;

import com.google.protobuf.ByteString;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code DiscoveryResponse} as it was written down. Read on the decode executor. */
@FunctionalInterface
interface Content {

  /** The limit of its size. */
  int MAX_BYTES = 64 << 20;

  /** Reads with this reader. */
  DiscoveryResponse read(BootstrapReader reader) throws ConfigException;

  /**
   * What came of it.
   *
   * @param response null when it is not one; {@code reason} then tells why
   * @param unreadable whether that is because it could not be parsed
   * @param unknownFields each with its place; they are left out
   */
  record Reading(
      @Nullable DiscoveryResponse response,
      String reason,
      boolean unreadable,
      List<String> unknownFields) {}

  /** A file; its name's ending tells the format. */
  static Content ofFile(Path file) {
    return reader -> reader.read(file, DiscoveryResponse.getDefaultInstance());
  }

  /** The body of an HTTP response. */
  static Content ofJson(ByteString body) {
    return reader ->
        reader.readJson(body.toStringUtf8(), "response", DiscoveryResponse.getDefaultInstance());
  }

  /** Reads; never fails. */
  default Reading read(boolean rejectUnknownFields) {
    List<String> unknown = new ArrayList<>();
    try {
      DiscoveryResponse response = read(new BootstrapReader(unknown::add));
      return unknown.isEmpty() || !rejectUnknownFields
          ? new Reading(response, "", false, unknown)
          : new Reading(null, String.join("; ", unknown), false, List.of());
    } catch (ConfigException e) {
      return new Reading(null, e.reason(), true, List.of());
    } catch (RuntimeException | Error e) {
      return new Reading(null, "cannot be read: " + e, true, List.of());
    }
  }
}
