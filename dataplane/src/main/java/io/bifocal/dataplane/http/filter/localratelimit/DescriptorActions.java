package io.bifocal.dataplane.http.filter.localratelimit;

import com.google.common.net.InetAddresses;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.http.route.QueryMatch;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a request's descriptors are made; source: {@code envoy.config.route.v3.RateLimit}. */
final class DescriptorActions {
  private static final SupportedFields FIELDS =
      SupportedFields.of(RateLimit.getDescriptor()).supports("actions");
  private static final SupportedFields ACTION =
      SupportedFields.of(Action.getDescriptor())
          .supports(
              "source_cluster",
              "destination_cluster",
              "request_headers",
              "query_parameters",
              "remote_address",
              "generic_key",
              "header_value_match",
              "masked_remote_address",
              "query_parameter_value_match");

  private final List<List<DescriptorAction>> rules;

  private DescriptorActions(List<List<DescriptorAction>> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * Reads them.
   *
   * @param ownCluster the cluster that this proxy belongs to
   */
  static DescriptorActions of(List<RateLimit> configs, String ownCluster, String path)
      throws ConfigException {
    List<List<DescriptorAction>> rules = new ArrayList<>();
    for (RateLimit config : configs) {
      FIELDS.check(config, path);
      List<DescriptorAction> actions = new ArrayList<>();
      for (Action action : config.getActionsList()) {
        ACTION.check(action, path + ".actions");
        actions.add(action(action, ownCluster, path + ".actions"));
      }
      rules.add(List.copyOf(actions));
    }
    return new DescriptorActions(rules);
  }

  /** A request's descriptors, in the order of the rules that make them. */
  List<Descriptor> descriptors(FilterStream stream) {
    if (rules.isEmpty()) {
      return List.of();
    }
    List<Descriptor> all = new ArrayList<>(rules.size());
    for (List<DescriptorAction> rule : rules) {
      Descriptor made = make(rule, stream);
      if (made != null) {
        all.add(made);
      }
    }
    return all;
  }

  private static @Nullable Descriptor make(List<DescriptorAction> rule, FilterStream stream) {
    List<Descriptor.Entry> entries = new ArrayList<>(rule.size());
    for (DescriptorAction action : rule) {
      Descriptor.Entry entry = action.entry(stream);
      if (entry == null) {
        return null;
      }
      if (!entry.equals(DescriptorAction.NOTHING)) {
        entries.add(entry);
      }
    }
    return entries.isEmpty() ? null : new Descriptor(entries);
  }

  private static DescriptorAction action(Action action, String ownCluster, String path)
      throws ConfigException {
    return switch (action.getActionSpecifierCase()) {
      case SOURCE_CLUSTER -> always(new Descriptor.Entry("source_cluster", ownCluster));
      case DESTINATION_CLUSTER -> stream -> entry("destination_cluster", stream.cluster());
      case REQUEST_HEADERS -> header(action.getRequestHeaders());
      case QUERY_PARAMETERS -> query(action.getQueryParameters());
      case REMOTE_ADDRESS -> stream -> entry("remote_address", ip(stream));
      case GENERIC_KEY ->
          always(
              new Descriptor.Entry(
                  or(action.getGenericKey().getDescriptorKey(), "generic_key"),
                  action.getGenericKey().getDescriptorValue()));
      case HEADER_VALUE_MATCH -> headers(action.getHeaderValueMatch(), path);
      case MASKED_REMOTE_ADDRESS -> masked(action.getMaskedRemoteAddress());
      case QUERY_PARAMETER_VALUE_MATCH -> queries(action.getQueryParameterValueMatch(), path);
      default ->
          throw new ConfigException(
              path + ": " + action.getActionSpecifierCase() + " not supported");
    };
  }

  private static DescriptorAction always(Descriptor.Entry entry) {
    return stream -> entry;
  }

  private static String or(String configured, String otherwise) {
    return configured.isEmpty() ? otherwise : configured;
  }

  private static Descriptor.@Nullable Entry entry(String key, @Nullable String value) {
    return value == null || value.isEmpty() ? null : new Descriptor.Entry(key, value);
  }

  private static DescriptorAction header(Action.RequestHeaders config) {
    HeaderMatch header = HeaderMatch.named(config.getHeaderName());
    return stream -> {
      Descriptor.Entry entry = entry(config.getDescriptorKey(), header.value(stream.request()));
      return entry == null && config.getSkipIfAbsent() ? DescriptorAction.NOTHING : entry;
    };
  }

  private static DescriptorAction query(Action.QueryParameters config) {
    return stream -> {
      Descriptor.Entry entry =
          entry(
              config.getDescriptorKey(),
              QueryMatch.find(stream.request().path, config.getQueryParameterName()));
      return entry == null && config.getSkipIfAbsent() ? DescriptorAction.NOTHING : entry;
    };
  }

  private static DescriptorAction headers(Action.HeaderValueMatch config, String path)
      throws ConfigException {
    List<HeaderMatch> wanted = new ArrayList<>();
    for (HeaderMatcher header : config.getHeadersList()) {
      wanted.add(HeaderMatch.of(header, path + ".header_value_match.headers"));
    }
    boolean expected = !config.hasExpectMatch() || config.getExpectMatch().getValue();
    Descriptor.Entry entry =
        new Descriptor.Entry(
            or(config.getDescriptorKey(), "header_match"), config.getDescriptorValue());
    return stream ->
        wanted.stream().allMatch(match -> match.matches(stream.request())) == expected
            ? entry
            : null;
  }

  private static DescriptorAction queries(Action.QueryParameterValueMatch config, String path)
      throws ConfigException {
    List<QueryMatch> wanted = new ArrayList<>();
    for (QueryParameterMatcher query : config.getQueryParametersList()) {
      wanted.add(QueryMatch.of(query, path + ".query_parameter_value_match.query_parameters"));
    }
    boolean expected = !config.hasExpectMatch() || config.getExpectMatch().getValue();
    Descriptor.Entry entry =
        new Descriptor.Entry(
            or(config.getDescriptorKey(), "query_match"), config.getDescriptorValue());
    return stream ->
        wanted.stream().allMatch(match -> match.matches(stream.request().path)) == expected
            ? entry
            : null;
  }

  private static DescriptorAction masked(Action.MaskedRemoteAddress config) {
    return stream ->
        entry(
            "masked_remote_address",
            stream.info().downstreamRemote instanceof Address.Ip ip
                ? masked(ip.ip(), config)
                : null);
  }

  private static String masked(InetAddress ip, Action.MaskedRemoteAddress config) {
    byte[] bytes = ip.getAddress();
    boolean v4 = bytes.length == 4;
    int bits =
        v4
            ? bits(config.hasV4PrefixMaskLen(), config.getV4PrefixMaskLen(), 32)
            : bits(config.hasV6PrefixMaskLen(), config.getV6PrefixMaskLen(), 128);
    for (int i = bits; i < bytes.length * Byte.SIZE; i++) {
      bytes[i / Byte.SIZE] &= (byte) ~(0x80 >> (i % Byte.SIZE));
    }
    try {
      return InetAddresses.toAddrString(InetAddress.getByAddress(bytes)) + "/" + bits;
    } catch (UnknownHostException e) {
      throw new AssertionError("as long as it was", e);
    }
  }

  private static int bits(boolean configured, UInt32Value value, int all) {
    return configured ? value.getValue() : all;
  }

  private static @Nullable String ip(FilterStream stream) {
    return stream.info().downstreamRemote instanceof Address.Ip ip
        ? InetAddresses.toAddrString(ip.ip())
        : null;
  }
}
