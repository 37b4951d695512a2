package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.dns.NameService;
import io.bifocal.dataplane.dns.Resolver;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.ScriptedResolver;
import io.bifocal.dataplane.dns.SourceAddresses;
import io.bifocal.dataplane.dns.SourceAddresses.Source;
import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Names as a test has them; every configuration gets the same resolver. */
final class ScriptedNames implements NameService {
  final ScriptedResolver resolver;
  final List<ResolverConfig> configs = new ArrayList<>();
  private final Map<InetAddress, Source> sources = new HashMap<>();

  ScriptedNames(Loop loop) {
    resolver = new ScriptedResolver(loop);
  }

  /** Lets a destination be reached; all others are not. */
  void reaches(String destination, String source) {
    sources.put(
        InetAddresses.forString(destination),
        new Source(InetAddresses.forString(source), 24, false));
  }

  @Override
  public Resolver resolver(ResolverConfig config) {
    configs.add(config);
    return resolver;
  }

  @Override
  public SourceAddresses sources() {
    return destination -> Optional.ofNullable(sources.get(destination));
  }
}
