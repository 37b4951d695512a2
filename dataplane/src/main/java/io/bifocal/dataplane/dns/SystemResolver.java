package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The system's resolver, as the JDK asks it ({@code getaddrinfo}, with the JDK's cache), on threads
 * that it may block. One call tells both families; which of them count is decided here.
 *
 * <p>The JDK says only in words why a name is not known, and a failure that it has cached it gives
 * without any: that is a failure, for what was known before to stay. Source: Envoy's {@code
 * GetAddrInfoDnsResolver}.
 */
final class SystemResolver implements Resolver {
  private static final Duration TTL = Duration.ofSeconds(60); // as Envoy has it
  private static final Duration PAUSE = Duration.ofSeconds(1); // the JDK remembers failures

  private final OptionalInt retries;
  private final Loop control;
  private final Executor threads;
  private final Source source;

  /** Who knows. */
  @FunctionalInterface
  interface Source {
    InetAddress[] allByName(String name) throws UnknownHostException;
  }

  SystemResolver(OptionalInt retries, Loop control, Executor threads, Source source) {
    this.retries = retries;
    this.control = control;
    this.threads = threads;
    this.source = source;
  }

  @Override
  public Query resolve(String name, LookupFamily family, Consumer<Resolution> listener) {
    control.assertInLoop();
    Running running = new Running(name, family, listener);
    running.ask();
    return running;
  }

  /** One look-up; on the control loop but for the call itself. */
  private final class Running implements Query {
    private final String name;
    private final LookupFamily family;
    private final Consumer<Resolution> listener;
    private int left = retries.orElse(0);
    private Loop.@Nullable Timer retry;
    private boolean cancelled;

    Running(String name, LookupFamily family, Consumer<Resolution> listener) {
      this.name = name;
      this.family = family;
      this.listener = listener;
    }

    void ask() {
      try {
        threads.execute(
            () -> {
              Outcome outcome = outcome();
              control.execute(() -> onOutcome(outcome));
            });
      } catch (RejectedExecutionException closed) {
        Outcome outcome = new Outcome.Failed("the resolver is closed", false);
        control.execute(() -> onOutcome(outcome));
      }
    }

    private Outcome outcome() {
      try {
        return new Outcome.Found(List.of(source.allByName(name)));
      } catch (UnknownHostException e) {
        return Outcome.of(String.valueOf(e.getMessage()));
      }
    }

    private void onOutcome(Outcome outcome) {
      if (cancelled) {
        return;
      }
      if (outcome instanceof Outcome.Failed failed && failed.temporary() && left > 0) {
        left--;
        retry = control.schedule(PAUSE, this::ask);
        return;
      }
      listener.accept(new Resolution(answers(outcome), true));
    }

    private Map<Family, Answer> answers(Outcome outcome) {
      Map<Family, Answer> answers = new EnumMap<>(Family.class);
      for (List<Family> step : family.steps()) {
        step.forEach(asked -> answers.put(asked, outcome.answer(asked)));
        if (answers.values().stream().anyMatch(a -> !a.addresses().isEmpty())) {
          break;
        }
      }
      return answers;
    }

    @Override
    public void cancel() {
      control.assertInLoop();
      cancelled = true;
      if (retry != null) {
        retry.cancel();
      }
    }
  }

  /** What the system said. */
  private sealed interface Outcome {
    Answer answer(Family family);

    record Found(List<InetAddress> addresses) implements Outcome {
      @Override
      public Answer answer(Family family) {
        return new Answer.Found(
            addresses.stream()
                .filter(ip -> ip instanceof Inet6Address == (family == Family.V6))
                .map(ip -> new AddressRecord(ip, TTL))
                .toList());
      }
    }

    record Failed(String reason, boolean temporary) implements Outcome {
      @Override
      public Answer answer(Family family) {
        return new Answer.Failed(Answer.Cause.SERVER, reason);
      }
    }

    // gai_strerror(3) of EAI_NONAME and EAI_NODATA, and of EAI_AGAIN.
    static Outcome of(String message) {
      String words = message.toLowerCase(Locale.ROOT);
      return Stream.of("name or service not known", "no address associated")
              .anyMatch(words::contains)
          ? new Found(List.of())
          : new Failed(message, words.contains("temporary failure"));
    }
  }
}
