package io.bifocal.dataplane.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OcspStapleTest {
  private static final X509Bundle OWN = Authority.named("ca").issue(Authority.leaf("good.test"));
  private static final BigInteger SERIAL = OWN.getCertificate().getSerialNumber();

  private static byte[] time(String text) {
    return Der.encode(0x18, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** A response of an authority as far as it is read; nobody here looks at the signature. */
  static byte[] response(BigInteger serial, byte[]... times) {
    byte[] id =
        Der.encode(
            Der.SEQUENCE,
            Der.encode(Der.SEQUENCE),
            Der.encode(Der.OCTET_STRING),
            Der.encode(Der.OCTET_STRING),
            Der.encode(Der.INTEGER, serial.toByteArray()));
    byte[] good = Der.encode(0x80);
    byte[] single =
        times.length == 1
            ? Der.encode(Der.SEQUENCE, id, good, times[0])
            : Der.encode(Der.SEQUENCE, id, good, times[0], Der.encode(Der.CONTEXT_0, times[1]));
    byte[] data =
        Der.encode(
            Der.SEQUENCE,
            Der.encode(0xA2, Der.encode(Der.OCTET_STRING)),
            time("20260101000000Z"),
            Der.encode(Der.SEQUENCE, single));
    byte[] basic = Der.encode(Der.SEQUENCE, data);
    byte[] body =
        Der.encode(
            Der.SEQUENCE,
            Der.encode(Der.OBJECT_IDENTIFIER, new byte[] {1}),
            Der.encode(Der.OCTET_STRING, basic));
    return Der.encode(
        Der.SEQUENCE, Der.encode(0x0A, new byte[] {0}), Der.encode(Der.CONTEXT_0, body));
  }

  @Test
  void itHoldsFromOneTimeToAnother() throws Exception {
    OcspStaple staple =
        OcspStaple.read(
            ByteString.copyFrom(response(SERIAL, time("20260102030405Z"), time("20260201000000Z"))),
            OWN.getCertificate());
    assertThat(staple.from()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(staple.until()).isEqualTo("2026-02-01T00:00:00Z");
    assertThat(staple.isValid(Instant.parse("2026-01-31T23:59:59Z"))).isTrue();
    assertThat(staple.isValid(Instant.parse("2026-02-01T00:00:00Z"))).isFalse();
    assertThat(staple).hasToString("OcspStaple[" + SERIAL + ", until 2026-02-01T00:00:00Z]");
  }

  @Test
  void oneThatDoesNotSayHowLongIsNeverValid() throws Exception {
    OcspStaple staple =
        OcspStaple.read(
            ByteString.copyFrom(response(SERIAL, time("20260102030405Z"))), OWN.getCertificate());
    assertThat(staple.isValid(Instant.parse("2026-01-03T00:00:00Z"))).isFalse();
  }

  @Test
  void oneOfAnotherCertificateIsRefused() {
    assertThatThrownBy(
            () ->
                OcspStaple.read(
                    ByteString.copyFrom(response(BigInteger.TWO, time("20260102030405Z"))),
                    OWN.getCertificate()))
        .hasMessage("OCSP response does not match its TLS certificate");
  }

  @ParameterizedTest
  @CsvSource({
    "30030a0103, OCSP response was unsuccessful",
    "30030a0100, OCSP response has no body",
    "3003020100, OCSP ResponseStatus is not a well-formed ASN.1 ENUMERATED",
    "30030a01003000, Data contained more than a single OCSP response",
    "3000, OCSP Response is not well-formed",
    "30, OCSP Response is not well-formed",
    "30070a0100a0020500, OCSP Response is not well-formed"
  })
  void whatIsNoneIsRefused(String hex, String reason) {
    assertThatThrownBy(
            () ->
                OcspStaple.read(
                    ByteString.copyFrom(java.util.HexFormat.of().parseHex(hex)),
                    OWN.getCertificate()))
        .hasMessage(reason);
  }
}
