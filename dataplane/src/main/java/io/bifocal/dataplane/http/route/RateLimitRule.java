package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one descriptor of a request is made; source: {@code envoy.config.route.v3.RateLimit}.
 *
 * @param stage of the filters that ask for it
 * @param disableKey the runtime key by which it is switched off; empty for none
 * @param onStreamDone whether it is for requests that are over, rather than for those that begin
 */
public record RateLimitRule(
    int stage,
    String disableKey,
    boolean onStreamDone,
    RateLimitHits hits,
    List<RateLimitAction> actions) {

  static final SupportedFields OF_ROUTES =
      SupportedFields.of(RateLimit.getDescriptor())
          .supports("actions", "stage", "disable_key")
          .ignores("only a rate limit service could obey it", "limit", "apply_on_stream_done")
          .ignores("nor does Envoy obey it in a route", "hits_addend");

  static final SupportedFields OF_FILTERS =
      SupportedFields.of(RateLimit.getDescriptor())
          .supports("actions", "hits_addend")
          .ignores("a filter's own with it never counts, as with Envoy", "apply_on_stream_done")
          .refuses("a filter's own has no stage", "stage")
          .refuses("a filter's own cannot be switched off", "disable_key")
          .refuses("only a rate limit service could obey it", "limit");

  public RateLimitRule {
    actions = List.copyOf(actions);
  }

  /** Those of a route or a virtual host. */
  static List<RateLimitRule> ofRoutes(List<RateLimit> configs, String path) throws ConfigException {
    List<RateLimitRule> rules = new ArrayList<>();
    for (RateLimit config : configs) {
      RouteFields.check(OF_ROUTES, config, path);
      rules.add(
          new RateLimitRule(
              config.getStage().getValue(),
              config.getDisableKey(),
              config.getApplyOnStreamDone(),
              RateLimitHits.ONE,
              RateLimitActions.of(config.getActionsList(), path + ".actions")));
    }
    return List.copyOf(rules);
  }

  /**
   * Those that stand in a filter's configuration.
   *
   * @throws ConfigException in Envoy's words where it has any
   */
  public static List<RateLimitRule> ofFilters(List<RateLimit> configs, String path)
      throws ConfigException {
    List<RateLimitRule> rules = new ArrayList<>();
    for (RateLimit config : configs) {
      RateLimitHits hits =
          config.hasHitsAddend() ? RateLimitHits.of(config.getHitsAddend()) : RateLimitHits.ONE;
      RouteFields.check(OF_FILTERS, config, path);
      rules.add(
          new RateLimitRule(
              0,
              "",
              config.getApplyOnStreamDone(),
              hits,
              RateLimitActions.of(config.getActionsList(), path + ".actions")));
    }
    return List.copyOf(rules);
  }

  /** A request's descriptor; null when it has none. */
  public @Nullable RateLimitDescriptor descriptor(RateLimitSubject request) {
    List<RateLimitDescriptor.Entry> entries = new ArrayList<>(actions.size());
    for (int i = 0; i < actions.size(); i++) {
      RateLimitDescriptor.Entry entry = actions.get(i).entry(request);
      if (entry == null) {
        return null;
      }
      if (!entry.equals(RateLimitAction.NOTHING)) {
        entries.add(entry);
      }
    }
    long counted = hits.of(request.info());
    return entries.isEmpty() || counted == RateLimitHits.NONE
        ? null
        : new RateLimitDescriptor(entries, counted);
  }
}
