package io.bifocal.dataplane.listener.match;

import com.github.xds.type.matcher.v3.Matcher;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.match.MatchTree;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the filter chains of one listener match, while they are read: no two may want the same
 * connections.
 *
 * @param <C> the chain
 */
public abstract class ChainMatches<C> {
  private static final SupportedFields FIELDS =
      SupportedFields.of(FilterChainMatch.getDescriptor())
          .supports(
              "destination_port",
              "prefix_ranges",
              "direct_source_prefix_ranges",
              "source_type",
              "source_prefix_ranges",
              "source_ports",
              "server_names",
              "transport_protocol",
              "application_protocols")
          .refuses("it is not by Envoy either", "address_suffix", "suffix_len");

  final String listener;

  private ChainMatches(String listener) {
    this.listener = listener;
  }

  /**
   * By {@code filter_chain_match}.
   *
   * @param addresses the listener's, as Envoy tells them in errors
   */
  public static <C> ChainMatches<C> byMatch(String addresses) {
    return new ByMatch<>(addresses);
  }

  /** By name, for {@code filter_chain_matcher}. */
  public static <C> ChainMatches<C> byName(String addresses) {
    return new ByName<>(addresses);
  }

  /**
   * Checks what a chain matches, before it is made.
   *
   * @throws ConfigException in Envoy's words
   */
  public abstract void check(FilterChain proto, String path) throws ConfigException;

  /**
   * Adds a chain that was checked.
   *
   * @throws ConfigException in Envoy's words, when an earlier one wants the same connections
   */
  public abstract void add(FilterChain proto, C chain) throws ConfigException;

  /**
   * What chooses among those that were added.
   *
   * @param matcher {@code filter_chain_matcher}
   */
  public abstract ChainChoice<C> choice(Matcher matcher) throws ConfigException;

  ConfigException bad(String why) {
    return new ConfigException("error adding listener '" + listener + "': " + why);
  }

  private static final class ByMatch<C> extends ChainMatches<C> {
    private final Map<FilterChainMatch, String> names = new HashMap<>();
    private final ChainIndex<C> index = new ChainIndex<>();

    ByMatch(String listener) {
      super(listener);
    }

    @Override
    public void check(FilterChain proto, String path) throws ConfigException {
      FilterChainMatch match = proto.getFilterChainMatch();
      String same = names.putIfAbsent(match, proto.getName());
      if (same != null) {
        throw bad(
            "filter chain '%s' has the same matching rules defined as '%s'. duplicate matcher is: %s"
                .formatted(proto.getName(), same, json(match)));
      }
      if (!match.getAddressSuffix().isEmpty() || match.hasSuffixLen()) {
        throw bad("filter chain '%s' contains unimplemented fields".formatted(proto.getName()));
      }
      FIELDS.check(match, path + ".filter_chain_match");
      for (String name : match.getServerNamesList()) {
        if (name.indexOf('*') >= 0 && !name.startsWith("*.")) {
          throw bad("partial wildcards are not supported in \"server_names\"");
        }
      }
    }

    private static String json(FilterChainMatch match) {
      try {
        return JsonFormat.printer()
            .preservingProtoFieldNames()
            .omittingInsignificantWhitespace()
            .print(match);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException(e); // there is no Any in it
      }
    }

    @Override
    public void add(FilterChain proto, C chain) throws ConfigException {
      if (!index.add(proto.getFilterChainMatch(), chain)) {
        throw bad("multiple filter chains with overlapping matching rules are defined");
      }
    }

    @Override
    public ChainChoice<C> choice(Matcher matcher) {
      return index;
    }
  }

  private static final class ByName<C> extends ChainMatches<C> {
    private final Map<String, C> chains = new LinkedHashMap<>();

    ByName(String listener) {
      super(listener);
    }

    @Override
    public void check(FilterChain proto, String path) throws ConfigException {
      if (proto.getName().isEmpty()) {
        throw bad("\"name\" field is required when using a listener matcher");
      }
      if (chains.containsKey(proto.getName())) {
        throw bad("\"name\" field is duplicated with value '" + proto.getName() + "'");
      }
    }

    @Override
    public void add(FilterChain proto, C chain) {
      chains.put(proto.getName(), chain);
    }

    @Override
    public ChainChoice<C> choice(Matcher matcher) throws ConfigException {
      MatchTree<AcceptedConnection, String> tree = ChainTree.of(matcher, "filter_chain_matcher");
      Map<String, C> named = Map.copyOf(chains);
      return connection -> {
        String name = tree.match(connection);
        return name == null ? null : named.get(name);
      };
    }
  }
}
