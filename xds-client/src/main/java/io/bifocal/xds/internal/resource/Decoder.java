package io.bifocal.xds.internal.resource;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.api.Unpack.Unpacked;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.internal.resource.Decoded.Bad;
import io.bifocal.xds.internal.resource.Decoded.Flaw;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Decoded.Stamp;
import io.bifocal.xds.internal.resource.Decoded.UnknownField;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decodes every resource of a response and checks it, in Envoy's words. It may run on any thread,
 * one response at a time; whatever a server sends, it answers and does not throw.
 */
public final class Decoder {
  private static final String WRAPPER =
      "type.googleapis.com/" + Resource.getDescriptor().getFullName();

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

  @SuppressWarnings("unchecked") // one type URL, one message class
  private <T extends Message> Familiar<T> familiar(ResourceType<T> type) {
    return (Familiar<T>) familiar.computeIfAbsent(type.typeUrl(), url -> new Familiar<T>());
  }

  /** Decodes a state-of-the-world response. */
  public <T extends Message> Decoded<T> decode(ResourceType<T> type, DiscoveryResponse response) {
    Stamp stamp = new Stamp(response.getVersionInfo(), response.getNonce(), fingerprint(response));
    Batch<T> batch = new Batch<>(type);
    return guarded(
        stamp,
        batch,
        () -> {
          for (Any any : response.getResourcesList()) {
            if (any.getTypeUrl().equals(WRAPPER)) {
              batch.addWrapped(unwrap(any), stamp.version(), response);
            } else {
              requireType(type, any, response);
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
        new Stamp(response.getSystemVersionInfo(), response.getNonce(), fingerprint(response));
    Batch<T> batch = new Batch<>(type);
    return guarded(
        stamp,
        batch,
        () -> {
          refuseDuplicates(response);
          for (Resource resource : response.getResourcesList()) {
            if (resource.hasResource()) {
              requireType(type, resource.getResource(), response);
              batch.addIfGood(resource);
            } else if (resource.getAliasesCount() == 0) {
              batch.addHeartbeat(resource.getName(), resource.getVersion(), ttl(resource));
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

  /** The resources of one response, as they are decoded. */
  private final class Batch<T extends Message> {
    private final ResourceType<T> type;
    private final List<Received<T>> resources = new ArrayList<>();
    private final List<UnknownField> unknown = new ArrayList<>();
    private final List<Flaw> flaws = new ArrayList<>();
    private final Set<String> missing = new LinkedHashSet<>();
    private final Familiar<T> familiar;
    private final Map<ByteString, Familiar.Known<T>> said = new HashMap<>();
    private String culprit = "";
    private @Nullable Message spoilt;

    Batch(ResourceType<T> type) {
      this.type = type;
      this.familiar = familiar(type);
    }

    void add(
        @Nullable String name,
        List<String> aliases,
        String version,
        Any any,
        @Nullable Duration ttl)
        throws ConfigException {
      Familiar.Known<T> known = familiar.get(any.getValue());
      if (known == null) {
        known = read(name, any);
      }
      said.put(any.getValue(), known);
      String called =
          ResourceName.canonical(
              name == null || name.isEmpty() ? type.nameOf().apply(known.value()) : name);
      if (!known.unknownFields().isEmpty()) {
        unknown.add(new UnknownField(called, known.unknownFields()));
      }
      resources.add(new Received<>(called, aliases, version, known.value(), ttl));
    }

    private Familiar.Known<T> read(@Nullable String name, Any any) throws ConfigException {
      Unpacked<T> unpacked = unpack(name, any);
      T value = unpacked.value();
      String strange = String.join(", ", unpacked.unknownFields());
      if (!strange.isEmpty() && rejectUnknownFields) {
        culprit = name == null || name.isEmpty() ? type.nameOf().apply(value) : name;
        spoilt = value;
        throw new ConfigException(
            "Protobuf message (type "
                + type.prototype().getDescriptorForType().getFullName()
                + " with unknown field set {"
                + strange
                + "}) has unknown fields");
      }
      return new Familiar.Known<>(value, strange);
    }

    /** In delta, what nobody asked for may be as bad as it likes. */
    void addIfGood(Resource resource) throws ConfigException {
      Duration ttl = ttl(resource);
      spoilt = null;
      try {
        add(
            resource.getName(),
            resource.getAliasesList(),
            resource.getVersion(),
            resource.getResource(),
            ttl);
      } catch (ConfigException e) {
        flaws.add(
            new Flaw(
                ResourceName.canonical(resource.getName()), e.reason(), e.fieldPath(), spoilt));
      }
    }

    void addEmpty(Resource resource) {
      String name = resource.getName();
      flaws.add(new Flaw(name, "resource '" + name + "' has no body", "", null));
    }

    // Envoy names the resource by dumping it; its name will do.
    private Unpacked<T> unpack(@Nullable String name, Any any) throws ConfigException {
      try {
        return Unpack.withUnknownFields(type.prototype(), any);
      } catch (ConfigException e) {
        String position = "resources[" + resources.size() + "]";
        T value;
        try {
          value = parse(any);
        } catch (InvalidProtocolBufferException undecodable) {
          throw new ConfigException(e.reason() + " (" + position + ")", e);
        }
        String called = name == null || name.isEmpty() ? type.nameOf().apply(value) : name;
        culprit = called;
        spoilt = value;
        String who = called.isEmpty() ? position : "resource '" + called + "'";
        throw new ConfigException(who + ": " + e.reason(), e);
      }
    }

    @SuppressWarnings("unchecked") // the prototype's parser makes its kind
    private T parse(Any any) throws InvalidProtocolBufferException {
      return (T) type.prototype().getParserForType().parseFrom(any.getValue());
    }

    void addWrapped(Resource resource, String version, DiscoveryResponse response)
        throws ConfigException {
      if (resource.hasResource()) {
        requireType(type, resource.getResource(), response);
        add(
            resource.getName(),
            resource.getAliasesList(),
            version,
            resource.getResource(),
            ttl(resource));
      } else {
        addHeartbeat(resource.getName(), version, ttl(resource));
      }
    }

    void addHeartbeat(String name, String version, @Nullable Duration ttl) {
      resources.add(new Received<>(ResourceName.canonical(name), List.of(), version, null, ttl));
    }

    // A name that was asked for comes back as an alias of nothing: it does not exist.
    void addMissing(Resource resource) {
      missing.add(resource.getName());
      missing.addAll(resource.getAliasesList());
    }

    Good<T> good(Stamp stamp, List<String> removed) {
      familiar.replace(said);
      removed.forEach(name -> missing.add(ResourceName.canonical(name)));
      return new Good<>(stamp, resources, List.copyOf(missing), unknown, flaws);
    }
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
      return new Bad<>(stamp, e.reason(), batch.culprit, e.fieldPath(), batch.spoilt);
    } catch (RuntimeException | Error e) {
      return new Bad<>(stamp, "cannot be decoded: " + e, batch.culprit, "", null);
    }
  }

  private static Resource unwrap(Any any) throws ConfigException {
    try {
      return Resource.parseFrom(any.getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          "Unable to unpack as " + Resource.getDescriptor().getFullName() + ": " + e.getMessage(),
          e);
    }
  }

  private static @Nullable Duration ttl(Resource resource) throws ConfigException {
    if (!resource.hasTtl()) {
      return null;
    }
    long seconds = resource.getTtl().getSeconds();
    int nanos = resource.getTtl().getNanos();
    // Bounded, so that no sum of instants overflows; a century is for ever.
    if (seconds < 0 || nanos < 0 || nanos > 999_999_999) {
      throw new ConfigException(
          "Invalid duration: Expected positive duration: ttl of " + resource.getName());
    }
    return Duration.ofSeconds(Math.min(seconds, 3_155_760_000L), nanos);
  }

  private static void requireType(ResourceType<?> type, Any any, DiscoveryResponse response)
      throws ConfigException {
    if (!any.getTypeUrl().equals(type.typeUrl())) {
      throw new ConfigException(
          any.getTypeUrl()
              + " does not match the message-wide type URL "
              + type.typeUrl()
              + " in DiscoveryResponse "
              + outline(
                  response.getVersionInfo(), response.getNonce(), response.getResourcesCount()));
    }
  }

  private static void requireType(ResourceType<?> type, Any any, DeltaDiscoveryResponse response)
      throws ConfigException {
    if (!any.getTypeUrl().equals(type.typeUrl())) {
      throw new ConfigException(
          "type URL "
              + any.getTypeUrl()
              + " embedded in an individual Any does not match the message-wide type URL "
              + type.typeUrl()
              + " in DeltaDiscoveryResponse "
              + outline(
                  response.getSystemVersionInfo(),
                  response.getNonce(),
                  response.getResourcesCount()));
    }
  }

  // Envoy dumps the whole response here; it may be 64 MiB, or hold a secret.
  private static String outline(String version, String nonce, int resources) {
    return "{version: \"" + version + "\", nonce: \"" + nonce + "\", resources: " + resources + "}";
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

  // Without versions: a server may count them up each time it says the same again. Of the bytes
  // their hashes, which are looked up anyway.
  private static long fingerprint(DiscoveryResponse response) {
    long print = 1;
    for (Any any : response.getResourcesList()) {
      print = mix(print, any);
    }
    return print;
  }

  private static long fingerprint(DeltaDiscoveryResponse response) {
    long print = 1;
    for (Resource resource : response.getResourcesList()) {
      print = mix(mix(print, resource.getName().hashCode()), resource.getResource());
    }
    for (String removed : response.getRemovedResourcesList()) {
      print = mix(print, removed.hashCode());
    }
    return print;
  }

  private static long mix(long print, Any any) {
    long size = any.getValue().size();
    return mix(mix(print, any.getTypeUrl().hashCode()), size << 32 ^ any.getValue().hashCode());
  }

  private static long mix(long print, long more) {
    long mixed = (print ^ more) * 0x9E3779B97F4A7C15L;
    return mixed ^ (mixed >>> 32);
  }
}
