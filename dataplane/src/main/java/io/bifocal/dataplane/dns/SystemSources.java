package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.connect.SourceAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/** The addresses of this machine, as the kernel chooses them. */
public final class SystemSources implements SourceAddresses {
  private static final Path IF_INET6 = Path.of("/proc/net/if_inet6");
  private static final int DEPRECATED = 0x20; // IFA_F_DEPRECATED of linux/if_addr.h
  private static final int FLAGS = 4;

  @Override
  public Optional<Source> towards(InetAddress destination) {
    return SourceAddress.towards(destination)
        .map(ip -> new Source(ip, prefixLength(ip), deprecated(ip)));
  }

  private static int prefixLength(InetAddress ip) {
    try {
      NetworkInterface owner = NetworkInterface.getByInetAddress(ip);
      return owner == null
          ? ip.getAddress().length * Byte.SIZE
          : owner.getInterfaceAddresses().stream()
              .filter(a -> a.getAddress().equals(ip))
              .mapToInt(InterfaceAddress::getNetworkPrefixLength)
              .findFirst()
              .orElse(ip.getAddress().length * Byte.SIZE);
    } catch (SocketException e) {
      return ip.getAddress().length * Byte.SIZE;
    }
  }

  // Lines such as "fe80…0001 02 40 20 80 eth0": address, index, prefix length, scope, flags.
  private static boolean deprecated(InetAddress ip) {
    if (!(ip instanceof Inet6Address)) {
      return false;
    }
    String hex = HexFormat.of().formatHex(ip.getAddress());
    try (Stream<String> lines = Files.lines(IF_INET6)) {
      return lines
          .filter(line -> line.startsWith(hex))
          .map(line -> line.split(" +"))
          .anyMatch(f -> (Integer.parseInt(f[FLAGS], 16) & DEPRECATED) != 0);
    } catch (IOException e) {
      return false;
    }
  }
}
