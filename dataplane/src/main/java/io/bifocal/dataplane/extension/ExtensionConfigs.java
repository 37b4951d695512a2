package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.SubscriptionStats;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.EcdsConfigDump;
import io.envoyproxy.envoy.admin.v3.EcdsConfigDump.EcdsFilterConfig;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All extensions whose configuration is discovered (ECDS): one subscription for each kind, source
 * and name, whoever wants it. Confined to the control loop.
 *
 * <p>Source: {@code envoy.config.core.v3.ExtensionConfigSource}; statistics under {@code
 * extension_config_discovery.<kind>.<name>.}
 */
public final class ExtensionConfigs {
  /** The kind of a listener's filters, of which Envoy has words of its own. */
  public static final String LISTENER_FILTER = "tcp_listener_filter";

  private final Subscriptions xds;
  private final StatsStore stats;
  private final Loop control;
  private final Map<Key, ExtensionSubscription> subscribed = new LinkedHashMap<>();
  private boolean used;

  private record Key(String kind, ConfigSource source, String name) {}

  public ExtensionConfigs(Subscriptions xds, StatsStore stats, Loop control) {
    this.xds = xds;
    this.stats = stats;
    this.control = control;
  }

  /**
   * Discovers an extension's configuration.
   *
   * @param kind as in the statistics: {@code http_filter}, {@code network_filter}, {@link
   *     #LISTENER_FILTER}
   * @param name the extension's, which is the resource's
   * @param init waits for the first answer, good or bad, or for its timeout, unless the default is
   *     to be applied without warming
   * @throws ConfigException in Envoy's words, also when a source is of a kind that is not served
   */
  public <C> Discovered<C> discover(
      String kind,
      String name,
      ExtensionConfigSource config,
      Discovered.Reader<C> reader,
      InitManager init)
      throws ConfigException {
    control.assertInLoop();
    String words = kind.equals(LISTENER_FILTER) ? "listener " : "";
    TypeUrls types = TypeUrls.of(config.getTypeUrlsList(), reader::knows, words);
    C otherwise = null;
    if (config.hasDefaultConfig()) {
      types.check(config.getDefaultConfig().getTypeUrl());
      otherwise = reader.read(config.getDefaultConfig());
    } else if (config.getApplyDefaultConfigWithoutWarming()) {
      throw new ConfigException(
          "Error: %sfilter config %s applied without warming but has no default config."
              .formatted(words, name));
    }
    Key key = new Key(kind, config.getConfigSource(), name);
    ExtensionSubscription known = subscribed.get(key);
    ExtensionSubscription subscription = known == null ? make(key) : known;
    Discovered<C> user =
        new Discovered<>(reader, types, otherwise, gone -> leave(key, subscription, gone));
    subscription.add(user);
    if (config.getApplyDefaultConfigWithoutWarming()) {
      if (user.current() == null) {
        user.applyDefault();
      }
    } else {
      subscription.whenHeard(init.register("FilterConfigSubscription init " + name)::ready);
    }
    if (known == null) {
      start(key, subscription, user);
    }
    return user;
  }

  private ExtensionSubscription make(Key key) {
    Scope scope =
        stats.root().scope("extension_config_discovery").scope(key.kind()).scope(key.name());
    return new ExtensionSubscription(
        key.name(), scope, new SubscriptionStats(scope, control), control);
  }

  private void start(Key key, ExtensionSubscription subscription, Discovered<?> user)
      throws ConfigException {
    used = true;
    subscribed.put(key, subscription);
    try {
      subscription.start(xds, key.source());
    } catch (IllegalArgumentException e) {
      user.close();
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  private void leave(Key key, ExtensionSubscription subscription, Discovered<?> user) {
    control.assertInLoop();
    if (subscription.remove(user)) {
      subscribed.remove(key);
    }
  }

  /** Whether anything was ever discovered. */
  public boolean used() {
    control.assertInLoop();
    return used;
  }

  /** The section of {@code /config_dump}. */
  public EcdsConfigDump dump() {
    control.assertInLoop();
    EcdsConfigDump.Builder dump = EcdsConfigDump.newBuilder();
    for (ExtensionSubscription each : subscribed.values()) {
      EcdsFilterConfig config = each.dump();
      if (config != null) {
        dump.addEcdsFilters(config);
      }
    }
    return dump.build();
  }
}
