package io.bifocal.xds;

import com.google.protobuf.Message;
import java.util.List;

/**
 * What one response means for one subscription.
 *
 * @param whole true for a state-of-the-world response of a {@link ResourceType#wholeState} type:
 *     {@code resources} is then everything there is. False: {@code resources} are additions and
 *     changes
 * @param resources in the order of the response; in a state-of-the-world response, names may repeat
 *     for who subscribed to everything
 * @param removed names that a delta response (or an expired TTL) removes
 * @param version the response's version ({@code version_info}, or {@code system_version_info})
 */
public record Update<T extends Message>(
    boolean whole, List<Resource<T>> resources, List<String> removed, String version) {
  public Update {
    resources = List.copyOf(resources);
    removed = List.copyOf(removed);
  }
}
