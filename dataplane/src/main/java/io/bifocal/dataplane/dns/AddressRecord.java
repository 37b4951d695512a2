package io.bifocal.dataplane.dns;

import java.net.InetAddress;
import java.time.Duration;

/**
 * One address of a name.
 *
 * @param ttl the least of the record's own and of those of the aliases (CNAME) that lead to it;
 *     zero when none was told
 */
public record AddressRecord(InetAddress ip, Duration ttl) {}
