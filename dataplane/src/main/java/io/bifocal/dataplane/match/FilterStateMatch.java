package io.bifocal.dataplane.match;

import com.github.xds.core.v3.CidrRange;
import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.type.matcher.v3.AddressMatcher;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A condition on what filters keep under a key; nothing matches none. Source: {@code
 * envoy.type.matcher.v3.FilterStateMatcher}.
 */
public record FilterStateMatch(String key, StringMatch value) {
  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  public static FilterStateMatch of(FilterStateMatcher config, String path) throws ConfigException {
    return new FilterStateMatch(
        config.getKey(),
        switch (config.getMatcherCase()) {
          case STRING_MATCH -> StringMatch.of(config.getStringMatch(), path + ".string_match");
          case ADDRESS_MATCH -> address(config.getAddressMatch());
          case MATCHER_NOT_SET -> throw new ConfigException(path + ": no matcher");
        });
  }

  private static StringMatch address(AddressMatcher config) throws ConfigException {
    List<IpRange> ranges = new ArrayList<>();
    for (CidrRange range : config.getRangesList()) {
      ranges.add(IpRange.of(range));
    }
    return text -> IpLiterals.find(text).filter(ip -> IpRange.anyHolds(ranges, ip)).isPresent();
  }

  /**
   * Whether it holds.
   *
   * @param kept under the key; null for nothing
   */
  public boolean matches(@Nullable String kept) {
    return kept != null && value.matches(kept);
  }
}
