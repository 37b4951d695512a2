package io.bifocal.dataplane.secret;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All secrets of a proxy. Confined to the control loop.
 *
 * <p>Source: Envoy's secret manager; its statistics are {@code sds.<secret>.*}.
 */
public final class SecretManager implements Secrets {
  private static final Logger log = LoggerFactory.getLogger(SecretManager.class);
  private static final String UNINITIALIZED = "uninitialized";

  private final Loop control;
  private final Subscriptions xds;
  private final Function<String, SubscriptionObserver> observers;
  private final FileWatcher files;
  private final Consumer<String> rotationFailed;
  private final Map<StaticKey, Secret> statics = new LinkedHashMap<>();
  private final Map<Key, DynamicSecret> dynamics = new LinkedHashMap<>();

  private record StaticKey(SecretKind kind, String name) {}

  private record Key(SecretKind kind, ConfigSource source, String name) {}

  /**
   * A manager without secrets.
   *
   * @param observers by secret: counts what happens to its subscription
   */
  public SecretManager(
      Loop control, Subscriptions xds, Function<String, SubscriptionObserver> observers) {
    this(control, xds, observers, FileWatcher.onFileSystem(control), secret -> {});
  }

  /**
   * The same.
   *
   * @param files closed with this
   * @param rotationFailed hears of a secret whose files were replaced by what cannot be used
   */
  public SecretManager(
      Loop control,
      Subscriptions xds,
      Function<String, SubscriptionObserver> observers,
      FileWatcher files,
      Consumer<String> rotationFailed) {
    this.control = control;
    this.xds = xds;
    this.observers = observers;
    this.files = files;
    this.rotationFailed = rotationFailed;
  }

  /**
   * Adds a secret of the bootstrap. Whether it is good is found by who uses it.
   *
   * @throws ConfigException in Envoy's words when it is nothing, or there twice
   */
  public void addStatic(Secret secret) throws ConfigException {
    control.assertInLoop();
    SecretKind kind = SecretKind.of(secret);
    if (kind == null) {
      throw new ConfigException("Secret type not implemented");
    }
    if (statics.putIfAbsent(new StaticKey(kind, secret.getName()), secret) != null) {
      throw new ConfigException(kind.duplicate(secret.getName()));
    }
  }

  @Override
  public Secret fixed(SecretKind kind, String name) throws ConfigException {
    control.assertInLoop();
    Secret secret = statics.get(new StaticKey(kind, name));
    if (secret == null) {
      throw new ConfigException(kind.unknown(name));
    }
    return secret;
  }

  @Override
  public SecretLease lease(
      SecretKind kind, ConfigSource source, String name, InitManager init, SecretUser user) {
    control.assertInLoop();
    Key key = new Key(kind, source, name);
    DynamicSecret known = dynamics.get(key);
    InitManager.Target target = init.register("SdsApi " + name);
    if (known != null) {
      known.whenHeard(target::ready);
      return known.lease(user);
    }
    SubscriptionObserver observer = observers.apply(name);
    Runnable gone =
        () -> {
          dynamics.remove(key);
          if (dynamics.keySet().stream().noneMatch(k -> k.name().equals(name))) {
            observer.onEnd();
          }
        };
    DynamicSecret secret =
        new DynamicSecret(kind, name, control, files, () -> rotationFailed.accept(name), gone);
    dynamics.put(key, secret);
    secret.whenHeard(target::ready);
    SecretLease lease = secret.lease(user);
    try {
      secret.start(xds, source, observer);
    } catch (IllegalArgumentException e) {
      lease.close();
      target.ready();
      throw e;
    }
    return lease;
  }

  @Override
  public SecretLease follow(Secret secret, Secret held, SecretUser user) {
    control.assertInLoop();
    FileFollower follower =
        new FileFollower(
            control,
            files,
            secret,
            held,
            read -> user.prepare(read).run(),
            () -> {}); // such secrets have no statistics of their own
    try {
      follower.watch();
    } catch (ConfigException e) {
      log.warn("{}: what is moved there is not seen: {}", secret.getName(), e.reason());
    }
    follower.look();
    return follower;
  }

  /** Follows no files any longer. */
  public void close() {
    files.close();
  }

  /** What {@code /config_dump} shows of secrets, which are not redacted yet. */
  public SecretsConfigDump dump() {
    control.assertInLoop();
    SecretsConfigDump.Builder dump = SecretsConfigDump.newBuilder();
    statics.forEach(
        (key, secret) ->
            dump.addStaticSecrets(
                SecretsConfigDump.StaticSecret.newBuilder()
                    .setName(key.name())
                    .setSecret(Any.pack(secret))));
    for (DynamicSecret secret : dynamics.values()) {
      Secret current = secret.current();
      if (current == null) {
        Secret nothing = Secret.newBuilder().setName(secret.name()).build();
        dump.addDynamicWarmingSecrets(dynamic(secret, UNINITIALIZED, nothing));
      } else {
        dump.addDynamicActiveSecrets(dynamic(secret, secret.version(), current));
      }
    }
    return dump.build();
  }

  private static SecretsConfigDump.DynamicSecret dynamic(
      DynamicSecret secret, String version, Secret value) {
    SecretsConfigDump.DynamicSecret.Builder dump =
        SecretsConfigDump.DynamicSecret.newBuilder()
            .setName(secret.name())
            .setVersionInfo(version)
            .setLastUpdated(timestamp(secret.since()))
            .setSecret(Any.pack(value));
    secret
        .status()
        .ifPresent(
            status -> {
              dump.setClientStatus(status.clientStatus());
              status.errorState().ifPresent(dump::setErrorState);
            });
    return dump.build();
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder()
        .setSeconds(at.getEpochSecond())
        .setNanos(at.getNano() / 1_000_000 * 1_000_000)
        .build();
  }
}
