package io.bifocal.dataplane.listener.match;

import com.github.xds.type.matcher.v3.Matcher;
import com.google.protobuf.StringValue;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.match.MatchInputs;
import io.bifocal.dataplane.match.MatchTree;
import io.bifocal.dataplane.match.MatchTreeReader;
import io.bifocal.dataplane.match.NetworkInputs;
import java.util.Set;

/** Reads trees whose actions name filter chains. */
final class ChainTree {
  private static final String INPUTS = "envoy.extensions.matching.common_inputs.network.v3.";

  /** What no listener filter here would set. */
  private static final Set<String> UNSET =
      Set.of(INPUTS + "FilterStateInput", INPUTS + "DynamicMetadataInput");

  private ChainTree() {}

  /**
   * The tree that a configuration asks for.
   *
   * @throws ConfigException in Envoy's words where it has any
   */
  static MatchTree<AcceptedConnection, String> of(Matcher matcher, String path)
      throws ConfigException {
    MatchInputs<AcceptedConnection> inputs =
        NetworkInputs.registerInspected(new MatchInputs<AcceptedConnection>())
            .refuse(
                UNSET::contains,
                (config, at) ->
                    new ConfigException(
                        "%s: '%s': no listener filter here sets what it reads"
                            .formatted(at, config.getName())));
    try {
      return new MatchTreeReader<>(
              inputs,
              action ->
                  Extensions.only(
                          StringValue.getDefaultInstance(),
                          action.getName(),
                          action.getTypedConfig())
                      .getValue())
          .read(matcher, path);
    } catch (ConfigException e) {
      throw new ConfigException("cannot create a filter chain matcher: " + e.reason(), e);
    }
  }
}
