package io.bifocal.dataplane.connect;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the decisions of an uncontended race cost: the first of two addresses connects. To be under
 * a microsecond, with no garbage but its two events.
 *
 * <pre>
 * mvn -Pbench -pl dataplane -am clean test-compile dependency:build-classpath \
 *   -Dmdep.outputFile=target/cp
 * cd dataplane
 * java -cp target/test-classes:target/classes:$(cat target/cp) \
 *   io.bifocal.dataplane.connect.RaceBenchmark
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RaceBenchmark {
  private static final ConnectFailure REFUSED =
      new ConnectFailure(ConnectFailure.Kind.REMOTE, "delayed connect error: Connection refused");

  private final List<Address> addresses =
      List.of(
          new Address.Ip(InetAddresses.forString("2001:db8::1"), 443),
          new Address.Ip(InetAddresses.forString("192.0.2.1"), 443));

  private final Pacing pacing = new AttemptDelay(ConnectRace.DEFAULT_STAGGER, 1);

  @SuppressWarnings("NullAway.Init") // before the first race
  private ConnectRace.Commands commands;

  /** Told of all commands. */
  @Setup
  public void open(Blackhole blackhole) {
    commands = new Swallow(blackhole);
  }

  /** The first address connects. */
  @Benchmark
  public void uncontended() {
    ConnectRace race = new ConnectRace(addresses, pacing, commands);
    race.begin(0);
    race.connected(20_000_000, 0);
  }

  /** The first address refuses, the second connects. */
  @Benchmark
  public void refusedFirst() {
    ConnectRace race = new ConnectRace(addresses, pacing, commands);
    race.begin(0);
    race.failed(1_000_000, 0, REFUSED);
    race.connected(20_000_000, 1);
  }

  /** Runs both, and says what they allocate. */
  public static void main(String[] args) throws RunnerException {
    var unused =
        new Runner(
                new OptionsBuilder()
                    .include(RaceBenchmark.class.getSimpleName())
                    .addProfiler(GCProfiler.class)
                    .build())
            .run();
  }

  private record Swallow(Blackhole blackhole) implements ConnectRace.Commands {
    @Override
    public void start(int attempt, Address address) {
      blackhole.consume(address);
    }

    @Override
    public void cancel(int attempt) {
      blackhole.consume(attempt);
    }

    @Override
    public void armStagger(Duration delay) {
      blackhole.consume(delay);
    }

    @Override
    public void disarmStagger() {}

    @Override
    public void tell(AttemptEvent event) {
      blackhole.consume(event);
    }

    @Override
    public void won(int attempt) {
      blackhole.consume(attempt);
    }

    @Override
    public void failed(ConnectFailure failure) {
      blackhole.consume(failure);
    }

    @Override
    public void cancelled() {}
  }
}
