package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.AccessLog;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the {@code access_log} lists of listeners, connection managers and TCP proxies.
 *
 * @param kinds what kinds of logs there are
 * @param runtime where filters look up their keys
 */
public record AccessLogs(Registry<AccessLogFactory> kinds, RuntimeReader runtime) {
  /**
   * Makes the logs, each behind its filter, in their order.
   *
   * @throws ConfigException when a kind or a filter is not known here, or a log refuses its
   *     configuration
   */
  public List<AccessLog> read(List<io.envoyproxy.envoy.config.accesslog.v3.AccessLog> configs)
      throws ConfigException {
    List<AccessLog> logs = new ArrayList<>();
    for (var config : configs) {
      AccessLog log =
          kinds.find(config.getName(), config.getTypedConfig()).create(config.getTypedConfig());
      logs.add(config.hasFilter() ? filtered(log, LogFilter.of(config.getFilter(), runtime)) : log);
    }
    return List.copyOf(logs);
  }

  private static AccessLog filtered(AccessLog log, LogFilter filter) {
    return stream -> {
      if (filter.passes(stream)) {
        log.log(stream);
      }
    };
  }
}
