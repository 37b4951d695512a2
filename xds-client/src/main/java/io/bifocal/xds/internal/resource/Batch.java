package io.bifocal.xds.internal.resource;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The resources of one response, as they are decoded. */
final class Batch<T extends Message> {
  private final ResourceType<T> type;
  private final List<Received<T>> resources = new ArrayList<>();
  private final List<UnknownField> unknown = new ArrayList<>();
  private final List<Flaw> flaws = new ArrayList<>();
  private final Set<String> missing = new LinkedHashSet<>();
  private final Familiar<T> familiar;
  private final boolean rejectUnknownFields;
  private final Map<ByteString, Familiar.Known<T>> said = new HashMap<>();
  private String culprit = "";
  private @Nullable Message spoilt;

  /**
   * Nothing is decoded yet.
   *
   * @param familiar what the last good response of the type said
   */
  Batch(ResourceType<T> type, Familiar<T> familiar, boolean rejectUnknownFields) {
    this.type = type;
    this.familiar = familiar;
    this.rejectUnknownFields = rejectUnknownFields;
  }

  void add(
      @Nullable String name, List<String> aliases, String version, Any any, @Nullable Duration ttl)
      throws ConfigException {
    Familiar.Known<T> known = familiar.get(any.getValue());
    if (known == null) {
      known = read(name, any);
    }
    said.put(any.getValue(), known);
    String called = ResourceName.canonical(called(name, known.value()));
    if (!known.unknownFields().isEmpty()) {
      unknown.add(new UnknownField(called, known.unknownFields()));
    }
    resources.add(new Received<>(called, aliases, version, known.value(), ttl));
  }

  private String called(@Nullable String name, T value) {
    return name == null || name.isEmpty() ? type.nameOf().apply(value) : name;
  }

  private Familiar.Known<T> read(@Nullable String name, Any any) throws ConfigException {
    Unpacked<T> unpacked = unpack(name, any);
    T value = unpacked.value();
    String strange = String.join(", ", unpacked.unknownFields());
    if (!strange.isEmpty() && rejectUnknownFields) {
      culprit = called(name, value);
      spoilt = value;
      throw new ConfigException(
          "Protobuf message (type "
              + MessageTypes.of(type.prototype()).getFullName()
              + " with unknown field set {"
              + strange
              + "}) has unknown fields");
    }
    return new Familiar.Known<>(value, strange);
  }

  /** In delta, what nobody asked for may be as bad as it likes. */
  void addIfGood(Resource resource) throws ConfigException {
    Duration ttl = Wrapper.ttl(resource);
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
          new Flaw(ResourceName.canonical(resource.getName()), e.reason(), e.fieldPath(), spoilt));
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
      String called = called(name, value);
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
      requireType(resource.getResource(), response);
      add(
          resource.getName(),
          resource.getAliasesList(),
          version,
          resource.getResource(),
          Wrapper.ttl(resource));
    } else {
      addHeartbeat(resource.getName(), version, Wrapper.ttl(resource));
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

  /** The response is refused, for what was decoded last. */
  Bad<T> bad(Stamp stamp, ConfigException e) {
    return new Bad<>(stamp, e.reason(), culprit, e.fieldPath(), spoilt);
  }

  /** The same when decoding itself failed. */
  Bad<T> bad(Stamp stamp, Throwable e) {
    return new Bad<>(stamp, "cannot be decoded: " + e, culprit, "", null);
  }

  void requireType(Any any, DiscoveryResponse response) throws ConfigException {
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

  void requireType(Any any, DeltaDiscoveryResponse response) throws ConfigException {
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
}
