package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IpLiteralsTest {
  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "2001:db8::1", "::", "::1", "fe80::1%7", "fe80::1%0"})
  void literalsAreTaken(String text) throws ConfigException {
    assertThat(IpLiterals.isLiteral(text)).isTrue();
    assertThat(IpLiterals.parse(text)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "example.com",
        "010.0.0.1",
        "1.2.3.04",
        "1.2.3",
        "0x7f.1",
        "2130706433",
        "1.2.3.4 ",
        "[::1]",
        "1::2::3",
        "12345::1",
        "::1%",
        "1.2.3.4%1",
        "fe80::1%no-such-interface"
      })
  void whatIsNoLiteralIsRefusedAndNeverResolved(String text) {
    assertThat(IpLiterals.isLiteral(text)).isFalse();
    assertThatThrownBy(() -> IpLiterals.parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessage("malformed IP address: " + text);
  }

  @Test
  void aScopeIsKept() throws ConfigException {
    assertThat(IpLiterals.parse("fe80::1%7"))
        .isInstanceOfSatisfying(
            Inet6Address.class, address -> assertThat(address.getScopeId()).isEqualTo(7));
  }

  @Test
  void aScopeMayNameAnInterface() throws ConfigException, SocketException {
    NetworkInterface any = NetworkInterface.networkInterfaces().findAny().orElseThrow();
    assertThat(IpLiterals.parse("fe80::1%" + any.getName()))
        .isInstanceOfSatisfying(
            Inet6Address.class,
            address -> assertThat(address.getScopeId()).isEqualTo(any.getIndex()));
  }

  @Test
  void anIpv4MappedAddressIsAnIpv4Address() throws ConfigException {
    assertThat(IpLiterals.parse("::ffff:192.0.2.1"))
        .isInstanceOf(Inet4Address.class)
        .isEqualTo(IpLiterals.parse("192.0.2.1"));
  }
}
