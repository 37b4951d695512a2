package io.bifocal.xds;

import com.google.protobuf.Message;
import java.util.List;

/**
 * One resource as it arrived, decoded and checked against its constraints.
 *
 * @param aliases other names by which it can be asked for (delta only)
 * @param version the resource's own version (delta), else that of its response
 */
public record Resource<T extends Message>(
    String name, List<String> aliases, String version, T value) {
  public Resource {
    aliases = List.copyOf(aliases);
  }

  /** A resource with one name. */
  public Resource(String name, String version, T value) {
    this(name, List.of(), version, value);
  }
}
