package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.VirtualTime;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** resolv.conf, hosts, and the names that mean something by themselves. */
class NamesOfThisMachineTest {
  private static final List<Family> BOTH = List.of(Family.V6, Family.V4);

  @Test
  void serversSearchListAndDotsAreRead() {
    ResolvConf conf =
        ResolvConf.parse(
            List.of(
                "# a comment",
                "nameserver 10.0.0.53 # the first",
                "nameserver\t2001:db8::53",
                "nameserver not-an-address",
                "domain old.test",
                "search a.test  b.test.",
                "options timeout:1 ndots:2 rotate",
                "sortlist 10.0.0.0"));
    assertThat(conf.servers())
        .extracting(Address::text)
        .containsExactly("10.0.0.53:53", "[2001:db8::53]:53");
    assertThat(conf.search()).containsExactly("a.test", "b.test");
    assertThat(conf.ndots()).isEqualTo(2);
    assertThat(ResolvConf.parse(List.of("", ";")).servers()).isEmpty();
    assertThat(ResolvConf.parse(List.of("options ndots:99")).ndots()).isEqualTo(15);
  }

  // As Envoy 1.40 asks, measured.
  @ParameterizedTest
  @CsvSource({
    "svc,     1, svc.a.test svc.b.test svc",
    "x.svc,   1, x.svc x.svc.a.test x.svc.b.test",
    "x.svc,   2, x.svc.a.test x.svc.b.test x.svc",
    "svc.,    1, svc",
    "a.b.c.d, 5, a.b.c.d.a.test a.b.c.d.b.test a.b.c.d",
  })
  void aNameIsSearchedByItsDots(String name, int ndots, String expected) {
    ResolvConf conf = new ResolvConf(List.of(), List.of("a.test", "b.test"), ndots);
    assertThat(conf.candidates(name)).containsExactly(expected.split(" "));
  }

  @Test
  void theHostsFileHasAliasesAndSeveralLinesForOneName() {
    HostsFile hosts =
        HostsFile.parse(
            List.of("10.1.1.1 svc # here", "::2 SVC other", "10.1.1.2\tsvc", "nonsense", ""));
    assertThat(hosts.addresses("Svc."))
        .extracting(InetAddress::getHostAddress)
        .containsExactly("10.1.1.1", "0:0:0:0:0:0:0:2", "10.1.1.2");
    assertThat(addresses(LocalNames.answers("svc", BOTH, hosts)))
        .isEqualTo("V4=10.1.1.1,10.1.1.2 V6=0:0:0:0:0:0:0:2");
    assertThat(LocalNames.answers("nowhere", BOTH, hosts)).isEmpty();
  }

  @Test
  void aNameOfTheHostsFileHasTheAddressesThatStandThere() {
    HostsFile hosts = HostsFile.parse(List.of("10.1.1.1 svc"));
    assertThat(addresses(LocalNames.answers("svc", BOTH, hosts))).isEqualTo("V4=10.1.1.1 V6=");
    assertThat(LocalNames.answers("svc", List.of(Family.V6), hosts))
        .as("but of a family that is not there, servers may know")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "localhost,     V4=127.0.0.1 V6=0:0:0:0:0:0:0:1",
    "App.LOCALHOST, V4=127.0.0.1 V6=0:0:0:0:0:0:0:1",
    "x.onion,       V4= V6=",
    "10.7.7.7,      V4=10.7.7.7",
    "2001:db8::7,   V6=2001:db8:0:0:0:0:0:7",
  })
  void nobodyIsAskedFor(String name, String expected) {
    assertThat(addresses(LocalNames.answers(name, BOTH, HostsFile.NONE))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"a..b", ".a", "''", "'.'"})
  void whatIsNoNameIsNotAsked(String name) {
    assertThat(DomainName.ascii(name)).isEmpty();
    assertThat(DomainName.ascii("a".repeat(64) + ".test")).isEmpty();
    assertThat(DomainName.ascii("a.".repeat(127) + "test")).isEmpty();
  }

  @Test
  void namesGoOverTheWireInAscii() {
    assertThat(DomainName.ascii("bücher.test.")).contains("xn--bcher-kva.test");
    assertThat(DomainName.ascii("_http._tcp.test")).contains("_http._tcp.test");
  }

  @Test
  void aFileThatChangesIsReadAgain(@TempDir Path folder) throws Exception {
    VirtualTime time = new VirtualTime();
    Path path = folder.resolve("resolv.conf");
    SystemFile<ResolvConf> file = new SystemFile<>(time, path, ResolvConf::parse, ResolvConf.NONE);
    assertThat(file.read()).isSameAs(ResolvConf.NONE);
    Files.writeString(path, "nameserver 10.0.0.1");
    assertThat(file.read()).as("it is not looked at for each name").isSameAs(ResolvConf.NONE);
    time.advance(Duration.ofSeconds(2));
    ResolvConf read = file.read();
    assertThat(read.servers()).hasSize(1);
    time.advance(Duration.ofSeconds(2));
    assertThat(file.read()).isSameAs(read);
    Files.writeString(path, "nameserver 10.0.0.1\nnameserver 10.0.0.2");
    time.advance(Duration.ofSeconds(2));
    assertThat(file.read().servers()).hasSize(2);
    Files.delete(path);
    time.advance(Duration.ofSeconds(2));
    assertThat(file.read()).isSameAs(ResolvConf.NONE);
  }

  private static String addresses(Map<Family, Answer> answers) {
    return String.join(
        " ",
        answers.entrySet().stream()
            .map(
                e ->
                    e.getKey()
                        + "="
                        + String.join(
                            ",",
                            e.getValue().addresses().stream()
                                .map(r -> r.ip().getHostAddress())
                                .toList()))
            .toList());
  }
}
