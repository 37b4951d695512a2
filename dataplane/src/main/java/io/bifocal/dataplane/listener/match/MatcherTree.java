package io.bifocal.dataplane.listener.match;

import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher;
import com.github.xds.type.matcher.v3.ServerNameMatcher;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.IpLiterals;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A tree of matchers, whose actions name filter chains. Where a match leads to a matcher that finds
 * nothing, it is none.
 *
 * <p>Source: {@code xds.type.matcher.v3.Matcher}.
 */
@FunctionalInterface
interface MatcherTree {
  String TYPE = "type.googleapis.com/xds.type.matcher.v3.";

  /** The chain's name, or null. */
  @Nullable String choose(AcceptedConnection connection);

  /** What is done with a match. */
  private static MatcherTree onMatch(Matcher.OnMatch proto, String path) throws ConfigException {
    if (proto.hasMatcher()) {
      return of(proto.getMatcher(), path + ".matcher");
    }
    if (!MessageTypes.is(proto.getAction().getTypedConfig(), StringValue.getDescriptor())) {
      throw new ConfigException(
          "cannot create a filter chain matcher: "
              + Extensions.unregistered(
                      proto.getAction().getName(), proto.getAction().getTypedConfig())
                  .reason());
    }
    String name =
        Unpack.as(StringValue.getDefaultInstance(), proto.getAction().getTypedConfig()).getValue();
    return connection -> name;
  }

  /**
   * The tree that a configuration asks for.
   *
   * @throws ConfigException in Envoy's words where it has any
   */
  static MatcherTree of(Matcher proto, String path) throws ConfigException {
    MatcherTree main =
        switch (proto.getMatcherTypeCase()) {
          case MATCHER_LIST -> list(proto.getMatcherList(), path + ".matcher_list");
          case MATCHER_TREE -> tree(proto.getMatcherTree(), path + ".matcher_tree");
          case MATCHERTYPE_NOT_SET -> connection -> null;
        };
    if (!proto.hasOnNoMatch()) {
      return main;
    }
    MatcherTree otherwise = onMatch(proto.getOnNoMatch(), path + ".on_no_match");
    return connection -> {
      String found = main.choose(connection);
      return found == null ? otherwise.choose(connection) : found;
    };
  }

  private static @Nullable String first(List<MatcherTree> trees, AcceptedConnection connection) {
    for (MatcherTree tree : trees) {
      String found = tree.choose(connection);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  // ---- lists

  private static MatcherTree list(Matcher.MatcherList proto, String path) throws ConfigException {
    List<MatcherTree> all = new ArrayList<>();
    for (FieldMatcher field : proto.getMatchersList()) {
      String at = path + ".matchers[" + all.size() + "]";
      Predicate<AcceptedConnection> predicate = predicate(field.getPredicate(), at + ".predicate");
      MatcherTree then = onMatch(field.getOnMatch(), at + ".on_match");
      all.add(connection -> predicate.test(connection) ? then.choose(connection) : null);
    }
    return connection -> first(all, connection);
  }

  private static Predicate<AcceptedConnection> predicate(
      Matcher.MatcherList.Predicate proto, String path) throws ConfigException {
    return switch (proto.getMatchTypeCase()) {
      case SINGLE_PREDICATE -> single(proto.getSinglePredicate(), path + ".single_predicate");
      case OR_MATCHER -> {
        var any = predicates(proto.getOrMatcher().getPredicateList(), path + ".or_matcher");
        yield connection -> any.stream().anyMatch(p -> p.test(connection));
      }
      case AND_MATCHER -> {
        var all = predicates(proto.getAndMatcher().getPredicateList(), path + ".and_matcher");
        yield connection -> all.stream().allMatch(p -> p.test(connection));
      }
      case NOT_MATCHER -> predicate(proto.getNotMatcher(), path + ".not_matcher").negate();
      case MATCHTYPE_NOT_SET -> throw new ConfigException(path + ": match_type is required");
    };
  }

  private static List<Predicate<AcceptedConnection>> predicates(
      List<Matcher.MatcherList.Predicate> protos, String path) throws ConfigException {
    List<Predicate<AcceptedConnection>> all = new ArrayList<>();
    for (Matcher.MatcherList.Predicate proto : protos) {
      all.add(predicate(proto, path + "[" + all.size() + "]"));
    }
    return all;
  }

  private static Predicate<AcceptedConnection> single(
      Matcher.MatcherList.Predicate.SinglePredicate proto, String path) throws ConfigException {
    MatcherInput input = MatcherInput.of(proto.getInput(), path + ".input");
    if (!proto.hasValueMatch()) {
      throw Extensions.unregistered(
          proto.getCustomMatch().getName(), proto.getCustomMatch().getTypedConfig());
    }
    StringMatch match = StringMatch.of(envoys(proto.getValueMatch()), path + ".value_match");
    return connection -> {
      String value = input.of(connection);
      return value != null && match.matches(value);
    };
  }

  /** The same message, field by field, in Envoy's package. */
  private static StringMatcher envoys(com.github.xds.type.matcher.v3.StringMatcher proto) {
    try {
      return StringMatcher.parseFrom(proto.toByteString());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  // ---- trees

  private static MatcherTree tree(Matcher.MatcherTree proto, String path) throws ConfigException {
    MatcherInput input = MatcherInput.of(proto.getInput(), path + ".input");
    return switch (proto.getTreeTypeCase()) {
      case EXACT_MATCH_MAP -> {
        Map<String, MatcherTree> map = map(proto.getExactMatchMap(), path + ".exact_match_map");
        yield connection -> {
          String value = input.of(connection);
          MatcherTree then = value == null ? null : map.get(value);
          return then == null ? null : then.choose(connection);
        };
      }
      case PREFIX_MATCH_MAP ->
          prefixes(input, map(proto.getPrefixMatchMap(), path + ".prefix_match_map"));
      case CUSTOM_MATCH -> custom(input, proto.getCustomMatch(), path + ".custom_match");
      case TREETYPE_NOT_SET -> throw new ConfigException(path + ": tree_type is required");
    };
  }

  private static Map<String, MatcherTree> map(Matcher.MatcherTree.MatchMap proto, String path)
      throws ConfigException {
    Map<String, MatcherTree> map = new HashMap<>();
    for (var entry : proto.getMapMap().entrySet()) {
      map.put(entry.getKey(), onMatch(entry.getValue(), path + "['" + entry.getKey() + "']"));
    }
    return map;
  }

  /** The longest first. */
  private static MatcherTree prefixes(MatcherInput input, Map<String, MatcherTree> map) {
    return connection -> {
      String value = input.of(connection);
      if (value != null) {
        for (int length = value.length(); length >= 0; length--) {
          MatcherTree then = map.get(value.substring(0, length));
          String found = then == null ? null : then.choose(connection);
          if (found != null) {
            return found;
          }
        }
      }
      return null;
    };
  }

  private static MatcherTree custom(
      MatcherInput input, com.github.xds.core.v3.TypedExtensionConfig proto, String path)
      throws ConfigException {
    return switch (proto.getTypedConfig().getTypeUrl()) {
      case TYPE + "IPMatcher" ->
          ranges(input, Unpack.as(IPMatcher.getDefaultInstance(), proto.getTypedConfig()), path);
      case TYPE + "ServerNameMatcher" ->
          domains(
              input,
              Unpack.as(ServerNameMatcher.getDefaultInstance(), proto.getTypedConfig()),
              path);
      default -> throw Extensions.unregistered(proto.getName(), proto.getTypedConfig());
    };
  }

  /** One range of an {@link IPMatcher}. */
  record Range(Prefix prefix, boolean exclusive, MatcherTree then) {}

  private static MatcherTree ranges(MatcherInput input, IPMatcher proto, String path)
      throws ConfigException {
    List<Range> ranges = new ArrayList<>();
    for (IPMatcher.IPRangeMatcher matcher : proto.getRangeMatchersList()) {
      MatcherTree then = onMatch(matcher.getOnMatch(), path + ".range_matchers.on_match");
      for (var range : matcher.getRangesList()) {
        CidrRange cidr =
            CidrRange.newBuilder()
                .setAddressPrefix(range.getAddressPrefix())
                .setPrefixLen(range.getPrefixLen())
                .build();
        ranges.add(new Range(Prefix.of(cidr), matcher.getExclusive(), then));
      }
    }
    ranges.sort(Comparator.comparingInt((Range r) -> r.prefix().bits()).reversed());
    return connection -> {
      String text = input.of(connection);
      byte[] address = text == null ? null : address(text);
      if (address != null) {
        for (Range range : ranges) {
          String found = range.prefix().holds(address) ? range.then().choose(connection) : null;
          if (found != null || (range.exclusive() && range.prefix().holds(address))) {
            return found;
          }
        }
      }
      return null;
    };
  }

  private static byte @Nullable [] address(String text) {
    return IpLiterals.find(text).map(java.net.InetAddress::getAddress).orElse(null);
  }

  /** The name itself, then its domains from the longest, then {@code *}. */
  private static MatcherTree domains(MatcherInput input, ServerNameMatcher proto, String path)
      throws ConfigException {
    Map<String, MatcherTree> domains = new HashMap<>();
    for (ServerNameMatcher.DomainMatcher matcher : proto.getDomainMatchersList()) {
      MatcherTree then = onMatch(matcher.getOnMatch(), path + ".domain_matchers.on_match");
      for (String domain : matcher.getDomainsList()) {
        if (domain.lastIndexOf('*') > 0
            || (domain.startsWith("*") && !domain.matches("\\*(\\..*)?"))) {
          throw new ConfigException(path + ": '" + domain + "' is no name and no wildcard");
        }
        if (domains.putIfAbsent(domain.toLowerCase(Locale.ROOT), then) != null) {
          throw new ConfigException(
              "Duplicate domain in ServerNameMatcher: " + domain.toLowerCase(Locale.ROOT));
        }
      }
    }
    return connection -> {
      String name = input.of(connection);
      List<MatcherTree> candidates = new ArrayList<>();
      if (name != null) {
        add(domains.get(name), candidates);
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
          add(domains.get("*" + name.substring(dot)), candidates);
        }
        add(domains.get("*"), candidates);
      }
      return first(candidates, connection);
    };
  }

  private static void add(@Nullable MatcherTree tree, List<MatcherTree> to) {
    if (tree != null) {
      to.add(tree);
    }
  }
}
