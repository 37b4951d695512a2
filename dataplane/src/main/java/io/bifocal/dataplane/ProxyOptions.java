package io.bifocal.dataplane;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.observe.AccessLogFiles;
import io.bifocal.dataplane.worker.Transport;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    return new ProxyOptions(
        workers,
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

  public ProxyOptions withTransport(Transport sockets) {
    return new ProxyOptions(
        concurrency,
        sockets,
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

  public ProxyOptions withDrainTime(Duration time) {
    return new ProxyOptions(
        concurrency,
        transport,
        time,
        accessLogFlush,
        rejectUnknownDynamicFields,
        unknownStaticFields,
        races,
        httpFilters,
        commandLine,
        progress,
        rehearsal);
  }

  public ProxyOptions withAccessLogFlush(Duration interval) {
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        interval,
        rejectUnknownDynamicFields,
        unknownStaticFields,
        races,
        httpFilters,
        commandLine,
        progress,
        rehearsal);
  }

  public ProxyOptions withRejectUnknownDynamicFields(boolean reject) {
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        accessLogFlush,
        reject,
        unknownStaticFields,
        races,
        httpFilters,
        commandLine,
        progress,
        rehearsal);
  }

  public ProxyOptions withUnknownStaticFields(int count) {
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        accessLogFlush,
        rejectUnknownDynamicFields,
        count,
        races,
        httpFilters,
        commandLine,
        progress,
        rehearsal);
  }

  public ProxyOptions withRaces(RaceListener listener) {
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        accessLogFlush,
        rejectUnknownDynamicFields,
        unknownStaticFields,
        listener,
        httpFilters,
        commandLine,
        progress,
        rehearsal);
  }

  /**
   * Adds a kind of HTTP filter, which connection managers may name by its type from then on.
   *
   * @param factory of a type that no other filter has; called on the proxy's control loop
   */
  public ProxyOptions withHttpFilter(HttpFilterFactory factory) {
    List<HttpFilterFactory> more = new ArrayList<>(httpFilters);
    more.add(factory);
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        accessLogFlush,
        rejectUnknownDynamicFields,
        unknownStaticFields,
        races,
        more,
        commandLine,
        progress,
        rehearsal);
  }

  public ProxyOptions withCommandLine(CommandLineOptions options) {
    return new ProxyOptions(
        concurrency,
        transport,
        drainTime,
        accessLogFlush,
        rejectUnknownDynamicFields,
        unknownStaticFields,
        races,
        httpFilters,
        options,
        progress,
        rehearsal);
  }

  public ProxyOptions withProgress(Level level) {
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
        level,
        rehearsal);
  }

  public ProxyOptions withRehearsal(boolean wanted) {
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
        wanted);
  }
}
