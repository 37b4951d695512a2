package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.bifocal.dataplane.dns.AddressRecord;
import io.bifocal.dataplane.dns.Answer;
import io.bifocal.dataplane.dns.DestinationOrder;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.Resolution;
import io.bifocal.dataplane.dns.Resolver;
import io.bifocal.dataplane.dns.SourceAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks one name up, both families at once where both are wanted. An IPv6 answer is raced at once;
 * an IPv4 one when it is all there is, or when the IPv6 one has had its time ("Resolution Delay",
 * RFC 8305 section 3).
 *
 * <p>Where races remember, so does this, as a cluster does: a family whose answer is still to come
 * has the addresses that it had in the run before, and nothing waits.
 */
final class NamedAddresses implements AddressSource {
  private final Loop loop;
  private final Rules rules;
  private final Resolver resolver;
  private final SourceAddresses sources;
  private final Map<Family, Answer> before = new EnumMap<>(Family.class);

  /**
   * @param sources what {@link DestinationOrdering#RFC6724} goes by
   */
  NamedAddresses(Loop loop, Rules rules, Resolver resolver, SourceAddresses sources) {
    this.loop = loop;
    this.rules = rules;
    this.resolver = resolver;
    this.sources = sources;
  }

  @Override
  public Search begin(Target target, Receiver receiver) {
    Asking asking = new Asking(target, receiver);
    asking.begin();
    return asking;
  }

  /** One name that is being looked up. */
  private final class Asking implements Search {
    private final Target target;
    private final Receiver receiver;
    private final long asked = loop.nanoTime();
    private final Set<Family> told = EnumSet.noneOf(Family.class);
    private Loop.@Nullable Timer delay;
    private Resolver.@Nullable Query query;
    private boolean complete;

    Asking(Target target, Receiver receiver) {
      this.target = target;
      this.receiver = receiver;
    }

    void begin() {
      query = resolver.resolve(target.serverName(), rules.family(), this::known);
    }

    private void known(Resolution soFar) {
      if (delay != null) {
        delay.cancel();
      }
      complete = soFar.complete();
      soFar.answers().forEach(this::tell);
      Resolution known = withBefore(soFar);
      if (complete || known.answers().containsKey(Family.V6)) {
        use(known);
      } else {
        delay = loop.schedule(rules.connect().resolutionDelay(), () -> use(known));
      }
    }

    private Resolution withBefore(Resolution soFar) {
      if (!rules.connect().outcomeMemory()) {
        return soFar;
      }
      if (complete) {
        before.clear();
      }
      before.putAll(soFar.answers());
      return new Resolution(before, complete);
    }

    private void tell(Family family, Answer answer) {
      if (told.add(family)) {
        List<InetAddress> found = answer.addresses().stream().map(AddressRecord::ip).toList();
        Failure failure =
            answer instanceof Answer.Failed failed ? Diagnosis.ofResolver(failed) : null;
        receiver.onLookup(lookup(family, true, found, failure));
      }
    }

    private void use(Resolution soFar) {
      List<Address> found = addresses(soFar);
      if (!found.isEmpty()) {
        receiver.onAddresses(
            found, soFar.complete() ? Completeness.COMPLETE : Completeness.MORE_TO_COME);
      } else if (soFar.failure().isPresent()) {
        receiver.onNone(Diagnosis.ofResolver(soFar.failure().get()));
      } else if (rules.family() == LookupFamily.ALL) {
        receiver.onNone(Diagnosis.nothingFound(rules.family(), false));
      } else {
        whetherItExists();
      }
    }

    private List<Address> addresses(Resolution soFar) {
      List<InetAddress> found = soFar.records().stream().map(AddressRecord::ip).toList();
      if (rules.connect().destinationOrdering() == DestinationOrdering.RFC6724) {
        found = DestinationOrder.sort(found, sources);
      }
      return found.stream().<Address>map(ip -> new Address.Ip(ip, target.port())).toList();
    }

    private void whetherItExists() {
      query =
          resolver.resolve(
              target.serverName(),
              LookupFamily.ALL,
              all -> {
                if (all.complete()) {
                  boolean exists = !all.records().isEmpty();
                  receiver.onNone(Diagnosis.nothingFound(rules.family(), exists));
                }
              });
    }

    @Override
    public void end() {
      if (delay != null) {
        delay.cancel();
      }
      if (query != null) {
        query.cancel();
      }
      if (!complete) {
        // Only of two families that are asked at once is one raced while the other is open.
        for (Family family : rules.family().steps().get(0)) {
          if (told.add(family)) {
            receiver.onLookup(lookup(family, false, List.of(), null));
          }
        }
      }
    }

    private Lookup lookup(
        Family family, boolean answered, List<InetAddress> found, @Nullable Failure failure) {
      long now = loop.nanoTime() - asked;
      return new Lookup(question(family), 0, now, answered, found, failure);
    }
  }

  private static String question(Family family) {
    return family == Family.V6 ? "AAAA" : "A";
  }
}
