package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.dns.Exchanges.Carrier;
import io.bifocal.dataplane.dns.ResolverConfig.Option;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks DNS servers, by one {@link ResolverConfig.Client}. Confined to the control loop; only
 * sockets are elsewhere.
 */
final class DnsClient implements Resolver {
  private static final Logger log = LoggerFactory.getLogger(DnsClient.class);
  private static final List<Address.Ip> LAST_RESORT =
      List.of(new Address.Ip(InetAddress.getLoopbackAddress(), ResolvConf.DNS_PORT));

  private final ResolverConfig.Client config;
  private final Loop loop;
  private final Machine machine;
  private final Exchanges exchanges;
  private final Admission admission;
  private final ResolverStats stats;
  private final DoubleSupplier chance;
  private final Servers servers;

  /**
   * @param admission shared by all that ask: bounds the sockets
   */
  DnsClient(
      ResolverConfig.Client config,
      Loop loop,
      Machine machine,
      Exchanges exchanges,
      Admission admission,
      ResolverStats stats,
      DoubleSupplier chance) {
    this.config = config;
    this.loop = loop;
    this.machine = machine;
    this.exchanges = exchanges;
    this.admission = admission;
    this.stats = stats;
    this.chance = chance;
    this.servers = new Servers(loop);
  }

  @Override
  public Query resolve(String name, LookupFamily family, Consumer<Resolution> listener) {
    loop.assertInLoop();
    Running running = new Running(name, listener);
    stats.began();
    loop.execute(() -> running.begin(family));
    return running;
  }

  private List<String> candidates(String name) {
    List<String> all =
        config.options().contains(Option.NO_SEARCH)
            ? List.of(name)
            : machine.resolvConf().candidates(name);
    return all.stream().flatMap(candidate -> DomainName.ascii(candidate).stream()).toList();
  }

  private List<List<Family>> steps(LookupFamily family) {
    return config.options().contains(Option.ONLY_ROUTABLE)
        ? family.steps().stream()
            .map(step -> step.stream().filter(machine::reaches).toList())
            .filter(step -> !step.isEmpty())
            .toList()
        : family.steps();
  }

  private Inquiry.Plan plan() {
    List<Address.Ip> systems = machine.resolvConf().servers();
    boolean own =
        !config.servers().isEmpty()
            && (!config.options().contains(Option.FALLBACK) || systems.isEmpty());
    List<Address.Ip> asked = own ? config.servers() : systems.isEmpty() ? LAST_RESORT : systems;
    return new Inquiry.Plan(
        config.options().contains(Option.ROTATE)
            ? servers.rotated(asked, chance)
            : servers.inOrder(asked),
        config.tries(),
        config.timeout(),
        config.options().contains(Option.OVER_TCP) ? Carrier.STREAM : Carrier.DATAGRAM);
  }

  /** One look-up. */
  private final class Running implements Query, Lookup.Commands {
    private final String name;
    private final Consumer<Resolution> listener;
    private final List<Inquiry> inquiries = new ArrayList<>();
    private final Admission.Entry entry = admission.entry();
    private boolean over;

    Running(String name, Consumer<Resolution> listener) {
      this.name = name;
      this.listener = listener;
    }

    void begin(LookupFamily family) {
      if (over) {
        return;
      }
      List<String> candidates = candidates(name);
      List<List<Family>> steps = steps(family);
      if (candidates.isEmpty()) {
        fail(family, "it cannot be a name");
      } else if (steps.isEmpty()) {
        fail(family, "no interface has an address of that family");
      } else {
        Lookup lookup = new Lookup(candidates, steps, this::local, this);
        entry.enter(lookup::begin);
      }
    }

    private Map<Family, Answer> local(List<Family> families) {
      return LocalNames.answers(name, families, machine.hosts());
    }

    private void fail(LookupFamily family, String reason) {
      Answer failed = new Answer.Failed(Answer.Cause.LOCAL, reason);
      Resolution resolution = new Resolution(Map.of(family.steps().get(0).get(0), failed), true);
      stepEnded(resolution);
      known(resolution);
    }

    @Override
    public void ask(String candidate, Family family, Consumer<Answer> answered) {
      Inquiry inquiry =
          new Inquiry(
              new Question(candidate, family),
              plan(),
              servers,
              exchanges,
              loop,
              stats,
              answer -> {
                log.debug("'{}' ({}): {}", candidate, family, answer);
                answered.accept(answer);
              });
      inquiries.add(inquiry);
      inquiry.begin();
    }

    @Override
    public void stepEnded(Resolution step) {
      stats.stepEnded(step);
    }

    @Override
    public void known(Resolution soFar) {
      if (over) {
        return;
      }
      if (soFar.complete()) {
        end();
      } else {
        // As c-ares does: else a family whose answers get lost would hold up the other's refreshes.
        inquiries.forEach(Inquiry::hurry);
      }
      listener.accept(soFar);
    }

    @Override
    public void cancel() {
      loop.assertInLoop();
      if (!over) {
        end();
      }
    }

    private void end() {
      over = true;
      stats.ended();
      inquiries.forEach(Inquiry::cancel);
      entry.leave();
    }
  }
}
