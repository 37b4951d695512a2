package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Family;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiagnosisTest {
  private static final Diagnosis ONLY_V4 = new Diagnosis(family -> family == Family.V4);

  @ParameterizedTest
  @CsvSource({
    "delayed connect error: Connection refused, REFUSED, nobody listens",
    "delayed connect error: No route to host, UNREACHABLE, no IPv6 address besides loopback",
    "immediate connect error: Network is unreachable|remote address:[::2]:1, UNREACHABLE, no IPv6",
    "immediate connect error: Cannot assign requested address|x, LOCAL_ADDRESS, no IPv6 address",
    "immediate connect error: Address family not supported by protocol|x, UNREACHABLE, speak IPv6",
    "delayed connect error: Connection timed out, TIMED_OUT, drops packets",
    "delayed connect error: Connection reset by peer, RESET, reset",
    "delayed connect error: Host is down, OTHER, Host is down",
  })
  void everyErrorOfTheSystemIsExplained(String detail, Reason reason, String advice) {
    Failure failure = ONLY_V4.of(new ConnectFailure(Kind.REMOTE, detail), Runs.V6);

    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.advice()).contains(advice);
    assertThat(failure.detail()).isEqualTo(detail);
  }

  @Test
  void aMachineThatHasSuchAnAddressIsNotBlamed() {
    Failure failure =
        ONLY_V4.of(
            new ConnectFailure(Kind.REMOTE, "delayed connect error: No route to host"), Runs.V4);

    assertThat(failure.advice()).doesNotContain("this machine has no").contains("no way to it");
  }

  @Test
  void aLackOfDescriptorsIsNotTheTargetsFault() {
    Failure failure =
        ONLY_V4.of(new ConnectFailure(Kind.LOCAL, "socket creation failure"), Runs.V4);

    assertThat(failure.reason()).isEqualTo(Reason.NO_SOCKET);
    assertThat(failure.advice()).contains("ulimit -n");
  }

  @Test
  void aTimeoutSaysHowFarItCame() {
    assertThat(Diagnosis.timedOut(false).advice()).contains("nothing answered");
    assertThat(Diagnosis.timedOut(true).advice()).contains("TLS was not ready");
  }
}
