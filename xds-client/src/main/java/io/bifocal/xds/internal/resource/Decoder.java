package io.bifocal.xds.internal.resource;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.internal.resource.Decoded.Stamp;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decodes every resource of a response and checks it, in Envoy's words. It may run on any thread,
 * one response at a time; whatever a server sends, it answers and does not throw.
 */
public final class Decoder {
  private final boolean rejectUnknownFields;
  private final Map<String, Familiar<?>> familiar = new HashMap<>();

  /**
   * A decoder.
   *
   * @param rejectUnknownFields whether a field that this build does not know refuses the response;
   *     else it is reported and ignored
   */
  public Decoder(boolean rejectUnknownFields) {
    this.rejectUnknownFields = rejectUnknownFields;
  }

  /** Whether a field that this build does not know refuses a response. */
  public boolean rejectsUnknownFields() {
    return rejectUnknownFields;
  }

  /**
   * One like this for a stream of its own: what a type's last response said, and the next one says
   * again, it neither parses nor checks again.
   */
  public Decoder ofOneStream() {
    return new Decoder(rejectUnknownFields);
  }

  private <T extends Message> Batch<T> batch(ResourceType<T> type) {
    @SuppressWarnings("unchecked") // one type URL, one message class
    Familiar<T> said =
        (Familiar<T>) familiar.computeIfAbsent(type.typeUrl(), url -> new Familiar<T>());
    return new Batch<>(type, said, rejectUnknownFields);
  }

  /** Decodes a state-of-the-world response. */
  public <T extends Message> Decoded<T> decode(ResourceType<T> type, DiscoveryResponse response) {
    Stamp stamp =
        new Stamp(response.getVersionInfo(), response.getNonce(), Fingerprint.of(response));
    Batch<T> batch = batch(type);
    return guarded(
        stamp,
        batch,
        () -> {
          for (Any any : response.getResourcesList()) {
            if (Wrapper.is(any)) {
              batch.addWrapped(Wrapper.unwrap(any), stamp.version(), response);
            } else {
              batch.requireType(any, response);
              batch.add(null, List.of(), stamp.version(), any, null);
            }
          }
          return batch.good(stamp, List.of());
        });
  }

  /** Decodes an incremental response. */
  public <T extends Message> Decoded<T> decode(
      ResourceType<T> type, DeltaDiscoveryResponse response) {
    Stamp stamp =
        new Stamp(response.getSystemVersionInfo(), response.getNonce(), Fingerprint.of(response));
    Batch<T> batch = batch(type);
    return guarded(
        stamp,
        batch,
        () -> {
          refuseDuplicates(response);
          for (Resource resource : response.getResourcesList()) {
            if (resource.hasResource()) {
              batch.requireType(resource.getResource(), response);
              batch.addIfGood(resource);
            } else if (resource.getAliasesCount() == 0) {
              batch.addHeartbeat(resource.getName(), resource.getVersion(), Wrapper.ttl(resource));
            } else if (type.equals(ResourceType.VIRTUAL_HOST)) {
              // On demand, it says that there is no such virtual host; elsewhere it says nothing.
              batch.addMissing(resource);
            } else {
              batch.addEmpty(resource);
            }
          }
          return batch.good(stamp, response.getRemovedResourcesList());
        });
  }

  @FunctionalInterface
  private interface Decoding<T extends Message> {
    Decoded<T> run() throws ConfigException;
  }

  // A parser or a name function that throws, or the memory that a response would take, is the
  // server's doing too: it costs the response only.
  private static <T extends Message> Decoded<T> guarded(
      Stamp stamp, Batch<T> batch, Decoding<T> decoding) {
    try {
      return decoding.run();
    } catch (ConfigException e) {
      return batch.bad(stamp, e);
    } catch (RuntimeException | Error e) {
      return batch.bad(stamp, e);
    }
  }

  private static void refuseDuplicates(DeltaDiscoveryResponse response) throws ConfigException {
    Set<String> names = new HashSet<>();
    for (Resource resource : response.getResourcesList()) {
      if (!names.add(resource.getName())) {
        throw new ConfigException(
            "duplicate name " + resource.getName() + " found among added/updated resources");
      }
    }
    for (String removed : response.getRemovedResourcesList()) {
      if (!names.add(removed)) {
        throw new ConfigException(
            "duplicate name " + removed + " found in the union of added+removed resources");
      }
    }
  }
}
