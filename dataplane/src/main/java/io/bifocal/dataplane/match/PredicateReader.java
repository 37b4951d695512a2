package io.bifocal.dataplane.match;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList;
import com.github.xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.extensions.matching.input_matchers.ip.v3.Ip;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Reads the conditions of a {@code MatcherList}. */
final class PredicateReader<S> {
  private final MatchInputs<S> inputs;

  PredicateReader(MatchInputs<S> inputs) {
    this.inputs = inputs;
  }

  Predicate<S> read(
      com.github.xds.type.matcher.v3.Matcher.MatcherList.Predicate config, String path)
      throws ConfigException {
    return switch (config.getMatchTypeCase()) {
      case SINGLE_PREDICATE -> single(config.getSinglePredicate(), path + ".single_predicate");
      case OR_MATCHER -> {
        List<Predicate<S>> parts = all(config.getOrMatcher(), path + ".or_matcher");
        yield subject -> any(parts, subject);
      }
      case AND_MATCHER -> {
        List<Predicate<S>> parts = all(config.getAndMatcher(), path + ".and_matcher");
        yield subject -> every(parts, subject);
      }
      case NOT_MATCHER -> read(config.getNotMatcher(), path + ".not_matcher").negate();
      case MATCHTYPE_NOT_SET -> throw new ConfigException(path + ": no match_type");
    };
  }

  private List<Predicate<S>> all(PredicateList config, String path) throws ConfigException {
    List<Predicate<S>> parts = new ArrayList<>();
    for (int i = 0; i < config.getPredicateCount(); i++) {
      parts.add(read(config.getPredicate(i), path + ".predicate[" + i + "]"));
    }
    return parts;
  }

  private static <S> boolean any(List<Predicate<S>> parts, S subject) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).test(subject)) {
        return true;
      }
    }
    return false;
  }

  private static <S> boolean every(List<Predicate<S>> parts, S subject) {
    for (int i = 0; i < parts.size(); i++) {
      if (!parts.get(i).test(subject)) {
        return false;
      }
    }
    return true;
  }

  private Predicate<S> single(SinglePredicate config, String path) throws ConfigException {
    MatchInput<S> input = inputs.read(config.getInput(), path + ".input");
    StringMatch value =
        config.hasValueMatch()
            ? StringMatch.of(asEnvoys(config.getValueMatch()), path + ".value_match")
            : custom(config.getCustomMatch());
    return subject -> {
      String text = input.of(subject);
      return text != null && value.matches(text);
    };
  }

  private static StringMatch custom(TypedExtensionConfig config) throws ConfigException {
    List<IpRange> ranges =
        IpRange.all(
            Extensions.only(Ip.getDefaultInstance(), config.getName(), config.getTypedConfig())
                .getCidrRangesList());
    return text ->
        IpLiterals.find(text).filter(address -> IpRange.anyHolds(ranges, address)).isPresent();
  }

  // The two types have the same fields with the same numbers.
  private static StringMatcher asEnvoys(com.github.xds.type.matcher.v3.StringMatcher config)
      throws ConfigException {
    try {
      return StringMatcher.parseFrom(config.toByteString());
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException("string matcher does not decode", e);
    }
  }
}
