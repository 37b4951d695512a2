package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsDiagnosisTest {
  private static final String ERROR = "TLS_error:|268435581:SSL routines:OPENSSL_internal:";

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification"
            + " error at depth 0: certificate has expired; CERTIFICATE_EXPIRED",
        "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification"
            + " error at depth 0: certificate is not yet valid; CERTIFICATE_NOT_YET_VALID",
        "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification"
            + " error at depth 0: self signed certificate; CERTIFICATE_UNTRUSTED",
        "CERTIFICATE_VERIFY_FAILED:verify cert failed: SAN matcher, certificate SANs are [a, b];"
            + " CERTIFICATE_NAME",
        "WRONG_VERSION_NUMBER; NOT_TLS",
        "TLSV1_ALERT_PROTOCOL_VERSION; TLS_FAILED",
        "DECODE_ERROR; TLS_FAILED",
      })
  void envoysTextsAreReadForPeople(String text, Reason reason) {
    Failure failure = TlsDiagnosis.of(new IOException(ERROR + text + ":TLS_error_end"));

    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.advice()).isNotEmpty();
    assertThat(failure.detail()).contains(text);
  }

  @Test
  void theNamesOfACertificateForAnotherAreTold() {
    String text = "CERTIFICATE_VERIFY_FAILED:SAN matcher, certificate SANs are [a.test, b.test]";

    assertThat(TlsDiagnosis.of(new IOException(ERROR + text)).advice())
        .contains("it is for a.test, b.test");
    assertThat(TlsDiagnosis.of(new IOException(ERROR + text.replaceAll("\\[.*", "[]"))).advice())
        .contains("no name at all");
  }

  @Test
  void aPeerThatHangsUpSaysNothing() {
    assertThat(TlsDiagnosis.of(new IOException("", new ClosedChannelException())).reason())
        .isEqualTo(Reason.RESET);
  }
}
