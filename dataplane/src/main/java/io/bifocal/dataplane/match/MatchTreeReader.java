package io.bifocal.dataplane.match;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.Matcher.MatcherList;
import com.github.xds.type.matcher.v3.Matcher.MatcherTree;
import com.github.xds.type.matcher.v3.Matcher.OnMatch;
import com.github.xds.type.matcher.v3.ServerNameMatcher;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Compiles {@code xds.type.matcher.v3.Matcher}.
 *
 * <p>What a nested matcher does not take goes on behind the condition that led there: with the next
 * of a list, the next shorter prefix, the next wider range, and at last {@code on_no_match}.
 */
public final class MatchTreeReader<S, A> {
  private final Actions<A> actions;
  private final PredicateReader<S> predicates;
  private final MatchInputs<S> inputs;

  /** Reads what stands at a tree's leaves. */
  @FunctionalInterface
  public interface Actions<A> {
    /**
     * Reads it.
     *
     * @throws ConfigException when it cannot be taken
     */
    A read(TypedExtensionConfig action) throws ConfigException;
  }

  public MatchTreeReader(MatchInputs<S> inputs, Actions<A> actions) {
    this.inputs = inputs;
    this.actions = actions;
    this.predicates = new PredicateReader<>(inputs);
  }

  /**
   * Compiles a whole tree.
   *
   * @param path of the matcher, for what no matcher can do here
   * @throws ConfigException in Envoy's words where it has any
   */
  public MatchTree<S, A> read(Matcher matcher, String path) throws ConfigException {
    MatchTree<S, A> otherwise =
        matcher.hasOnNoMatch()
            ? onMatch(matcher.getOnNoMatch(), path + ".on_no_match")
            : subject -> null;
    return switch (matcher.getMatcherTypeCase()) {
      case MATCHER_LIST -> list(matcher.getMatcherList(), otherwise, path + ".matcher_list");
      case MATCHER_TREE -> tree(matcher.getMatcherTree(), otherwise, path + ".matcher_tree");
      case MATCHERTYPE_NOT_SET -> otherwise;
    };
  }

  private MatchTree<S, A> onMatch(OnMatch config, String path) throws ConfigException {
    if (config.hasMatcher()) {
      return read(config.getMatcher(), path + ".matcher");
    }
    A action = actions.read(config.getAction());
    return subject -> action;
  }

  private MatchTree<S, A> list(MatcherList config, MatchTree<S, A> otherwise, String path)
      throws ConfigException {
    List<Predicate<S>> conditions = new ArrayList<>();
    List<MatchTree<S, A>> then = new ArrayList<>();
    for (int i = 0; i < config.getMatchersCount(); i++) {
      String at = path + ".matchers[" + i + "]";
      conditions.add(predicates.read(config.getMatchers(i).getPredicate(), at + ".predicate"));
      then.add(onMatch(config.getMatchers(i).getOnMatch(), at + ".on_match"));
    }
    return new ListTree<>(conditions, then, otherwise);
  }

  private MatchTree<S, A> tree(MatcherTree config, MatchTree<S, A> otherwise, String path)
      throws ConfigException {
    MatchInput<S> input = inputs.read(config.getInput(), path + ".input");
    return switch (config.getTreeTypeCase()) {
      case EXACT_MATCH_MAP ->
          new ExactTree<>(input, map(config.getExactMatchMap(), path), otherwise);
      case PREFIX_MATCH_MAP ->
          new PrefixTree<>(input, map(config.getPrefixMatchMap(), path), otherwise);
      case CUSTOM_MATCH -> custom(config.getCustomMatch(), input, otherwise, path);
      case TREETYPE_NOT_SET -> throw new ConfigException(path + ": no tree_type");
    };
  }

  private Map<String, MatchTree<S, A>> map(MatcherTree.MatchMap config, String path)
      throws ConfigException {
    Map<String, MatchTree<S, A>> map = new HashMap<>();
    for (Map.Entry<String, OnMatch> entry : config.getMapMap().entrySet()) {
      map.put(entry.getKey(), onMatch(entry.getValue(), path + "['" + entry.getKey() + "']"));
    }
    return map;
  }

  private MatchTree<S, A> custom(
      TypedExtensionConfig config, MatchInput<S> input, MatchTree<S, A> otherwise, String path)
      throws ConfigException {
    String type = MessageTypes.nameOf(config.getTypedConfig().getTypeUrl());
    if (type.equals(IPMatcher.getDescriptor().getFullName())) {
      return ranges(
          Unpack.as(IPMatcher.getDefaultInstance(), config.getTypedConfig()),
          input,
          otherwise,
          path);
    }
    if (type.equals(ServerNameMatcher.getDescriptor().getFullName())) {
      return domains(
          Unpack.as(ServerNameMatcher.getDefaultInstance(), config.getTypedConfig()),
          input,
          otherwise,
          path);
    }
    throw Extensions.unregistered(config.getName(), config.getTypedConfig());
  }

  private MatchTree<S, A> ranges(
      IPMatcher config, MatchInput<S> input, MatchTree<S, A> otherwise, String path)
      throws ConfigException {
    List<RangeTree.Leaf<S, A>> leaves = new ArrayList<>();
    for (int i = 0; i < config.getRangeMatchersCount(); i++) {
      IPMatcher.IPRangeMatcher matcher = config.getRangeMatchers(i);
      MatchTree<S, A> then = onMatch(matcher.getOnMatch(), path + ".range_matchers[" + i + "]");
      for (com.github.xds.core.v3.CidrRange range : matcher.getRangesList()) {
        leaves.add(new RangeTree.Leaf<>(IpRange.of(range), matcher.getExclusive(), then));
      }
    }
    return new RangeTree<>(input, leaves, otherwise);
  }

  private MatchTree<S, A> domains(
      ServerNameMatcher config, MatchInput<S> input, MatchTree<S, A> otherwise, String path)
      throws ConfigException {
    Map<String, MatchTree<S, A>> byDomain = new HashMap<>();
    for (int i = 0; i < config.getDomainMatchersCount(); i++) {
      ServerNameMatcher.DomainMatcher matcher = config.getDomainMatchers(i);
      MatchTree<S, A> then = onMatch(matcher.getOnMatch(), path + ".domain_matchers[" + i + "]");
      for (String domain : matcher.getDomainsList()) {
        DomainTree.check(domain);
        if (byDomain.putIfAbsent(domain, then) != null) {
          throw new ConfigException("Duplicate domain in ServerNameMatcher: " + domain);
        }
      }
    }
    return new DomainTree<>(input, byDomain, otherwise);
  }
}
