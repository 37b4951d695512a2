package io.bifocal.dataplane.dns;

/** How names are resolved in this process. {@link SystemNameService} is the real one. */
public interface NameService {
  Resolver resolver(ResolverConfig config);

  /** What destinations are ordered by. */
  SourceAddresses sources();
}
