package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pools without connections, for tests in virtual time: HTTP/3 at each address, and TCP, answer as
 * they were told to; silent unless told otherwise. A pool that was ready once has a connection, and
 * is ready at once from then on. Not thread-safe.
 */
public final class ScriptedPools implements GridPools {
  /** How a pool answers. */
  private sealed interface Script {
    record Silent() implements Script {}

    /** Within the call. */
    record AtOnce(@Nullable PoolFailure failure) implements Script {}

    record Later(Duration after, @Nullable PoolFailure failure) implements Script {}
  }

  /**
   * One pool that was asked.
   *
   * @param pool {@code tcp}, or the address at which HTTP/3 was asked for
   * @param at on the loop's clock, in nanoseconds
   */
  public record Request(String pool, long at) {}

  /** For TCP, whose address does not matter. */
  public static final String TCP = "tcp";

  private final Loop loop;
  private final Map<String, Script> scripts = new HashMap<>();
  private final Map<String, Pool> pools = new HashMap<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<String> drained = new ArrayList<>();
  private int waiting;
  private int used;

  public ScriptedPools(Loop loop) {
    this.loop = loop;
  }

  /** Lets a pool have a connection so long after it is asked. */
  public ScriptedPools ready(String pool, Duration after) {
    return script(pool, new Script.Later(after, null));
  }

  /** Lets a pool have a connection, which is its answer within the call. */
  public ScriptedPools readyAtOnce(String pool) {
    return script(pool, new Script.AtOnce(null));
  }

  public ScriptedPools fails(String pool, Duration after, PoolFailure failure) {
    return script(pool, new Script.Later(after, failure));
  }

  /** Lets a pool fail within the call. */
  public ScriptedPools failsAtOnce(String pool, PoolFailure failure) {
    return script(pool, new Script.AtOnce(failure));
  }

  /** Lets a pool never answer. */
  public ScriptedPools silent(String pool) {
    return script(pool, new Script.Silent());
  }

  private ScriptedPools script(String pool, Script script) {
    scripts.put(pool, script);
    return this;
  }

  /** All pools that were asked, in order. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The pools that were told to drain, in order. */
  public List<String> drained() {
    return List.copyOf(drained);
  }

  /** How many are in a queue. */
  public int waiting() {
    return waiting;
  }

  /** Connections that were handed out and not given back: zero when nothing leaked. */
  public int used() {
    return used;
  }

  @Override
  public ConnectionPool http3(Host host) {
    if (host.addresses().arrived().size() != 1) {
      throw new IllegalArgumentException("HTTP/3 is at one address, not at " + host.addresses());
    }
    return pool(host.addresses().primary().text(), host);
  }

  @Override
  public ConnectionPool tcp(Host host) {
    return pool(TCP, host);
  }

  private Pool pool(String name, Host host) {
    Pool pool = new Pool(name, host);
    pools.put(name, pool);
    return pool;
  }

  private final class Pool implements ConnectionPool {
    private final String name;
    private Host host;
    private boolean connected;
    private @Nullable RaceReport race;
    private boolean closed;

    Pool(String name, Host host) {
      this.name = name;
      this.host = host;
    }

    @Override
    public Ticket acquire(Waiter waiter) {
      requests.add(new Request(name, loop.nanoTime()));
      Script script = scripts.getOrDefault(name, new Script.Silent());
      Place place = new Place(this, waiter);
      waiting++;
      if (connected || (script instanceof Script.AtOnce atOnce && atOnce.failure() == null)) {
        place.answer(null);
      } else if (script instanceof Script.AtOnce atOnce) {
        place.answer(atOnce.failure());
      } else if (script instanceof Script.Later later) {
        place.timer = loop.schedule(later.after(), () -> place.answer(later.failure()));
      }
      return place;
    }

    private void connect(long since) {
      if (connected) {
        return;
      }
      connected = true;
      Address address = host.addresses().primary();
      long now = loop.nanoTime();
      race =
          new RaceReport(
              RacePlan.of("c", List.of(address), Duration.ofSeconds(5)),
              Result.WON,
              loop.wallTime(),
              now,
              now - since,
              -1,
              List.of(
                  new AttemptEvent.Started(0, address, 0, Cause.FIRST),
                  new AttemptEvent.Won(0, address, now - since)));
    }

    @Override
    public void update(Host newer) {
      host = newer;
    }

    @Override
    public void drain() {
      drained.add(name);
    }

    @Override
    public void close() {
      closed = true;
      connected = false;
    }

    @Override
    public int size() {
      return connected ? 1 : 0;
    }

    @Override
    public Load load() {
      return new Load(0, 0, closed ? 0 : size());
    }

    @Override
    public boolean preconnect(double ratio) {
      throw new UnsupportedOperationException("a grid connects nothing ahead");
    }
  }

  private final class Place implements ConnectionPool.Ticket {
    private final Pool pool;
    private final ConnectionPool.Waiter waiter;
    private final long askedAt = loop.nanoTime();
    private Loop.Timer timer = () -> {};
    private boolean over;

    Place(Pool pool, ConnectionPool.Waiter waiter) {
      this.pool = pool;
      this.waiter = waiter;
    }

    void answer(@Nullable PoolFailure failure) {
      leave();
      if (failure != null) {
        waiter.onFailure(failure);
      } else {
        pool.connect(askedAt);
        used++;
        waiter.onReady(new Use(pool));
      }
    }

    @Override
    public List<AttemptEvent> attempts(long since) {
      Address address = pool.host.addresses().primary();
      return List.of(new AttemptEvent.Started(0, address, askedAt - since, Cause.FIRST));
    }

    @Override
    public void cancel() {
      if (!over) {
        timer.cancel();
        leave();
      }
    }

    private void leave() {
      over = true;
      waiting--;
    }
  }

  /** One use of a connection. */
  private final class Use implements UpstreamConnection {
    private final Pool pool;
    private final Address address;
    private boolean over;

    Use(Pool pool) {
      this.pool = pool;
      this.address = pool.host.addresses().primary();
    }

    @Override
    public Channel channel() {
      return new EmbeddedChannel();
    }

    @Override
    public Host host() {
      return pool.host;
    }

    @Override
    public Address remoteAddress() {
      return address;
    }

    @Override
    public RaceReport race() {
      return requireNonNull(pool.race);
    }

    @Override
    public void release() {
      if (over) {
        throw new IllegalStateException("given back twice");
      }
      over = true;
      used--;
    }

    @Override
    public void discard() {
      release();
      pool.connected = false;
    }

    @Override
    public String toString() {
      return pool.name;
    }
  }
}
