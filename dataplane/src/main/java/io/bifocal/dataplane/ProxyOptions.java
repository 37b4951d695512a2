package io.bifocal.dataplane;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.observe.AccessLogFiles;
import io.bifocal.dataplane.worker.Transport;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.event.Level;

/**
 * What a proxy is told beside its bootstrap; each with Envoy's default.
 *
 * @param concurrency how many worker loops; default the number of cores
 * @param transport which kind of sockets; default the native one where it loads
 * @param drainTime how long connections may take to end when the proxy or a listener goes; default
 *     600 s
 * @param accessLogFlush how long lines of access logs may wait; default 10 s
 * @param rejectUnknownDynamicFields whether a resource with a field that this build does not know
 *     is refused; default not
 * @param unknownStaticFields how many fields of the bootstrap were left out, as they are not known
 *     here ({@code server.static_unknown_fields}); default none
 * @param races hears of every race for an upstream connection, on the worker that ran it
 * @param httpFilters kinds of HTTP filters besides those that there are; default none
 * @param commandLine what {@code /server_info} shows
 * @param progress at which level it logs how far it has come; default INFO
 * @param rehearsal whether HTTP/3 is rehearsed on loopback as soon as a configuration has it, so
 *     that the first request does not pay for the loading of classes; default not
 */
public record ProxyOptions(
    int concurrency,
    Transport transport,
    Duration drainTime,
    Duration accessLogFlush,
    boolean rejectUnknownDynamicFields,
    int unknownStaticFields,
    RaceListener races,
    List<HttpFilterFactory> httpFilters,
    CommandLineOptions commandLine,
    Level progress,
    boolean rehearsal) {

  public ProxyOptions {
    httpFilters = List.copyOf(httpFilters);
    if (concurrency < 1) {
      throw new IllegalArgumentException("concurrency must be at least 1, not " + concurrency);
    }
  }

  public static ProxyOptions defaults() {
    return new ProxyOptions(
        Runtime.getRuntime().availableProcessors(),
        Transport.best(),
        Duration.ofMinutes(10),
        AccessLogFiles.FLUSH_INTERVAL,
        false,
        0,
        RaceListener.NONE,
        List.of(),
        CommandLineOptions.getDefaultInstance(),
        Level.INFO,
        false);
  }

  public ProxyOptions withConcurrency(int workers) {
    return with(draft -> draft.concurrency = workers);
  }

  public ProxyOptions withTransport(Transport sockets) {
    return with(draft -> draft.transport = sockets);
  }

  public ProxyOptions withDrainTime(Duration time) {
    return with(draft -> draft.drainTime = time);
  }

  public ProxyOptions withAccessLogFlush(Duration interval) {
    return with(draft -> draft.accessLogFlush = interval);
  }

  public ProxyOptions withRejectUnknownDynamicFields(boolean reject) {
    return with(draft -> draft.rejectUnknownDynamicFields = reject);
  }

  public ProxyOptions withUnknownStaticFields(int count) {
    return with(draft -> draft.unknownStaticFields = count);
  }

  public ProxyOptions withRaces(RaceListener listener) {
    return with(draft -> draft.races = listener);
  }

  /**
   * Adds a kind of HTTP filter, which connection managers may name by its type from then on.
   *
   * @param factory of a type that no other filter has; called on the proxy's control loop
   */
  public ProxyOptions withHttpFilter(HttpFilterFactory factory) {
    List<HttpFilterFactory> more = new ArrayList<>(httpFilters);
    more.add(factory);
    return with(draft -> draft.httpFilters = more);
  }

  public ProxyOptions withCommandLine(CommandLineOptions options) {
    return with(draft -> draft.commandLine = options);
  }

  public ProxyOptions withProgress(Level level) {
    return with(draft -> draft.progress = level);
  }

  public ProxyOptions withRehearsal(boolean wanted) {
    return with(draft -> draft.rehearsal = wanted);
  }

  private ProxyOptions with(Consumer<Draft> change) {
    Draft draft = new Draft();
    change.accept(draft);
    return draft.options();
  }

  /** The parts while one of them changes. */
  private final class Draft {
    int concurrency = ProxyOptions.this.concurrency;
    Transport transport = ProxyOptions.this.transport;
    Duration drainTime = ProxyOptions.this.drainTime;
    Duration accessLogFlush = ProxyOptions.this.accessLogFlush;
    boolean rejectUnknownDynamicFields = ProxyOptions.this.rejectUnknownDynamicFields;
    int unknownStaticFields = ProxyOptions.this.unknownStaticFields;
    RaceListener races = ProxyOptions.this.races;
    List<HttpFilterFactory> httpFilters = ProxyOptions.this.httpFilters;
    CommandLineOptions commandLine = ProxyOptions.this.commandLine;
    Level progress = ProxyOptions.this.progress;
    boolean rehearsal = ProxyOptions.this.rehearsal;

    ProxyOptions options() {
      return new ProxyOptions(
          concurrency,
          transport,
          drainTime,
          accessLogFlush,
          rejectUnknownDynamicFields,
          unknownStaticFields,
          races,
          httpFilters,
          commandLine,
          progress,
          rehearsal);
    }
  }
}
