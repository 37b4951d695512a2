package io.bifocal.dataplane.secret;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.FirstAnswer;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One secret of SDS, subscribed to while somebody uses it. A removal is not obeyed: what was good
 * stays.
 */
final class DynamicSecret implements ResourceWatcher<Secret> {
  private static final Logger log = LoggerFactory.getLogger(SecretManager.class);

  private final SecretKind kind;
  private final String name;
  private final Loop control;
  private final FileWatcher files;
  private final Runnable rotationFailed;
  private final Runnable onUnused;
  private final List<Use> uses = new ArrayList<>();
  private final FirstAnswer first = new FirstAnswer();
  private @Nullable Subscription subscription;
  private @Nullable Secret current;
  private @Nullable Secret read;
  private @Nullable FileFollower follower;
  private String version = "";
  private Instant since;

  /**
   * @param rotationFailed runs when its files were replaced by what cannot be used
   * @param onUnused runs when the last user is gone
   */
  DynamicSecret(
      SecretKind kind,
      String name,
      Loop control,
      FileWatcher files,
      Runnable rotationFailed,
      Runnable onUnused) {
    this.kind = kind;
    this.name = name;
    this.control = control;
    this.files = files;
    this.rotationFailed = rotationFailed;
    this.onUnused = onUnused;
    this.since = control.wallTime();
  }

  void start(Subscriptions xds, ConfigSource source, SubscriptionObserver observer) {
    subscription = xds.subscribe(source, ResourceType.SECRET, Set.of(name), this, observer);
  }

  /** Runs {@code task} when there was an answer, good or bad, or none in time. */
  void whenHeard(Runnable task) {
    first.whenHere(task);
  }

  SecretLease lease(SecretUser user) {
    Use use = new Use(user);
    uses.add(use);
    if (read != null) {
      try {
        user.prepare(read).run();
      } catch (ConfigException e) {
        log.warn("secret '{}' cannot be used: {}", name, e.reason());
      }
    }
    return use;
  }

  String name() {
    return name;
  }

  /** What became of the last answer. */
  Optional<ResourceStatus> status() {
    return subscription == null ? Optional.empty() : subscription.status(name);
  }

  /** What is in use, as it was told; null until there is something. */
  @Nullable Secret current() {
    return current;
  }

  /** The version that brought its value, as Envoy shows it; later ones may have repeated it. */
  String version() {
    return version;
  }

  /** When its value changed last, or since when it is waited for. */
  Instant since() {
    return since;
  }

  @Override
  public Verdict onUpdate(Update<Secret> update) {
    control.assertInLoop();
    try {
      for (Resource<Secret> resource : update.resources()) {
        take(resource.value(), update.version());
      }
      return Verdict.accept();
    } catch (ConfigException e) {
      return Verdict.reject(e.reason());
    } finally {
      first.came();
    }
  }

  private void take(Secret fresh, String newVersion) throws ConfigException {
    if (!fresh.getName().equals(name)) {
      throw new ConfigException(
          "Unexpected SDS secret (expecting %s): %s".formatted(name, fresh.getName()));
    }
    // A certificate's user words it as Envoy does; any other of the wrong kind would look empty.
    if (kind != SecretKind.TLS_CERTIFICATE && SecretKind.of(fresh) != kind) {
      throw new ConfigException(
          "Unexpected SDS secret %s: it is no %s".formatted(name, kind.field()));
    }
    if (fresh.equals(current)) {
      return;
    }
    FileFollower next = new FileFollower(control, files, fresh, null, this::use, rotationFailed);
    try {
      next.watch();
      next.take();
    } catch (ConfigException e) {
      next.close();
      throw e;
    }
    if (follower != null) {
      follower.close();
    }
    follower = next;
    current = fresh;
    version = newVersion;
  }

  private void use(Secret content) throws ConfigException {
    List<Runnable> changes = new ArrayList<>();
    for (Use use : uses) {
      changes.add(use.user.prepare(content));
    }
    changes.forEach(Runnable::run);
    read = content;
    since = control.wallTime();
  }

  @Override
  public void onError(XdsError error) {
    // A connection that failed is tried again within the time; the rest ends the waiting.
    if (!(error instanceof XdsError.Disconnected)) {
      first.came();
    }
  }

  private final class Use implements SecretLease {
    private final SecretUser user;

    Use(SecretUser user) {
      this.user = user;
    }

    @Override
    public void close() {
      control.assertInLoop();
      if (uses.remove(this) && uses.isEmpty()) {
        onUnused.run();
        if (follower != null) {
          follower.close();
        }
        Subscription open = subscription;
        if (open != null) {
          open.close();
        }
      }
    }
  }
}
