package io.bifocal.dataplane.init;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Waits until every registered target is ready, then says so once. Confined to the control loop.
 */
public final class InitManager {
  private final String name;
  private final Set<Target> unready = new LinkedHashSet<>();
  private @Nullable Runnable whenReady;
  private State state = State.COLLECTING;

  private enum State {
    COLLECTING,
    WAITING,
    READY
  }

  public InitManager(String name) {
    this.name = name;
  }

  public String name() {
    return name;
  }

  /** Adds somebody to wait for. After the end nobody is waited for any more. */
  public Target register(String target) {
    Target added = new Target(target);
    if (state != State.READY) {
      unready.add(added);
    }
    return added;
  }

  /** Starts waiting; {@code ready} runs once, within this call if there is nobody to wait for. */
  public void await(Runnable ready) {
    if (state != State.COLLECTING) {
      throw new IllegalStateException(name + " is awaited twice");
    }
    state = State.WAITING;
    whenReady = ready;
    check();
  }

  /** Who is still waited for ({@code /init_dump}). */
  public Set<String> unready() {
    Set<String> names = new LinkedHashSet<>();
    unready.forEach(t -> names.add(t.name));
    return names;
  }

  private void check() {
    if (state == State.WAITING && unready.isEmpty()) {
      state = State.READY;
      Runnable ready = whenReady;
      whenReady = null;
      if (ready != null) {
        ready.run();
      }
    }
  }

  /** Somebody who must be ready first. */
  public final class Target {
    private final String name;

    private Target(String name) {
      this.name = name;
    }

    /** Tells that it is ready (or has failed, or has waited long enough); harmless twice. */
    public void ready() {
      if (unready.remove(this)) {
        check();
      }
    }
  }
}
