package io.bifocal.dataplane.dns;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A resolver without servers, for tests in virtual time: each name answers for each family as it
 * was told to, at once unless told otherwise. A name that it was not told of does not exist. Not
 * thread-safe.
 */
public final class ScriptedResolver implements Resolver {
  /** How a name answers for one family. */
  private record Script(Duration after, Answer answer) {}

  private record Key(String name, Family family) {}

  private static final Script UNKNOWN = new Script(Duration.ZERO, Answer.Found.NOTHING);

  private final Loop loop;
  private final Map<Key, Script> scripts = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private Duration ttl = Duration.ZERO;
  private int open;

  public ScriptedResolver(Loop loop) {
    this.loop = loop;
  }

  /** The TTL of all records that are told from now on. */
  public ScriptedResolver ttl(Duration value) {
    ttl = value;
    return this;
  }

  /** Lets {@code name} have these addresses and no others, in both families. */
  public ScriptedResolver with(String name, String... addresses) {
    has(name, Family.V6, Duration.ZERO, of(Family.V6, addresses));
    return has(name, Family.V4, Duration.ZERO, of(Family.V4, addresses));
  }

  private static String[] of(Family family, String... addresses) {
    return Stream.of(addresses)
        .filter(a -> a.contains(":") == (family == Family.V6))
        .toArray(String[]::new);
  }

  /** Lets {@code name} answer for one family so long after it was asked. */
  public ScriptedResolver has(String name, Family family, Duration after, String... addresses) {
    List<AddressRecord> records =
        Stream.of(addresses).map(a -> new AddressRecord(InetAddresses.forString(a), ttl)).toList();
    scripts.put(new Key(name, family), new Script(after, new Answer.Found(records)));
    return this;
  }

  /** Lets {@code name} fail for one family. */
  public ScriptedResolver fails(String name, Family family, Duration after) {
    Answer failed = new Answer.Failed(Answer.Cause.SERVER, "SERVFAIL");
    scripts.put(new Key(name, family), new Script(after, failed));
    return this;
  }

  /** Lets {@code name} fail for both families. */
  public ScriptedResolver fails(String name) {
    fails(name, Family.V6, Duration.ZERO);
    return fails(name, Family.V4, Duration.ZERO);
  }

  /** All names that were asked for since the last call, in order. */
  public List<String> asked() {
    List<String> names = List.copyOf(asked);
    asked.clear();
    return names;
  }

  /** How many questions are open: neither answered to the end nor cancelled. */
  public int open() {
    return open;
  }

  @Override
  public Query resolve(String name, LookupFamily family, Consumer<Resolution> listener) {
    asked.add(name);
    open++;
    Running running = new Running(name, family, listener);
    loop.execute(running.lookup::begin);
    return running;
  }

  /** One look-up, by the rules of the real ones. */
  private final class Running implements Query, Lookup.Commands {
    private final String name;
    private final Lookup lookup;
    private final Consumer<Resolution> listener;
    private boolean over;

    Running(String name, LookupFamily family, Consumer<Resolution> listener) {
      this.name = name;
      this.lookup = new Lookup(List.of(name), family.steps(), families -> Map.of(), this);
      this.listener = listener;
    }

    @Override
    public void ask(String candidate, Family family, Consumer<Answer> answered) {
      Script script = scripts.getOrDefault(new Key(name, family), UNKNOWN);
      loop.schedule(
          script.after(),
          () -> {
            if (!over) {
              answered.accept(script.answer());
            }
          });
    }

    @Override
    public void stepEnded(Resolution step) {}

    @Override
    public void known(Resolution soFar) {
      if (over) {
        return;
      }
      if (soFar.complete()) {
        end();
      }
      listener.accept(soFar);
    }

    @Override
    public void cancel() {
      if (!over) {
        end();
      }
    }

    private void end() {
      over = true;
      open--;
    }
  }
}
